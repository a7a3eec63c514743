#include "gateway/usage_scanner.h"

#include <gtest/gtest.h>

namespace minions::gateway {
namespace {

std::string usage_of(std::string_view text, std::size_t piece_bytes) {
  UsageScanner scanner;
  for (std::size_t at = 0; at < text.size(); at += piece_bytes) scanner.take(as_bytes(text.substr(at, piece_bytes)));
  return std::string(scanner.finish());
}

TEST(UsageScanner, FindsTheUsageHoweverTheReplyIsCut) {
  const std::string usage = R"({"prompt_tokens":3,"details":{"cached":1},"note":"}\""})";
  const std::string reply = R"({"choices":[{"message":{"content":"hi"}}], "usage" : )" + usage + R"(,"id":"x"})";
  for (std::size_t piece = 1; piece <= reply.size(); ++piece) EXPECT_EQ(usage_of(reply, piece), usage) << piece;
}

TEST(UsageScanner, TakesTheLastUsageOfAStream) {
  const std::string stream =
      "data: {\"usage\":{\"n\":1}}\n\ndata: {\"usage\":null}\n\ndata: {\"usage\":{\"n\":2}}\n\ndata: [DONE]\n\n";
  EXPECT_EQ(usage_of(stream, 7), R"({"n":2})");
}

TEST(UsageScanner, KeepsTheEndOfALongReply) {
  const std::string text = std::string(100'000, 'x') + R"("usage":{"n":1}})";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{8192}, text.size()})
    EXPECT_EQ(usage_of(text, piece), R"({"n":1})") << piece;
  EXPECT_EQ(usage_of(R"("usage":{"n":1})" + std::string(100'000, 'x'), 1000), "") << "the tail is not bounded";
}

TEST(UsageScanner, IsNotFooledByAModelsText) {
  EXPECT_EQ(usage_of(R"({"content":"\"usage\":{\"n\":9}"})", 64), "");
  EXPECT_EQ(usage_of(R"({"usage":{"n":1},"content":"\"usage\":{\"n\":9}"})", 64), R"({"n":1})");
}

TEST(UsageScanner, FindsNothingWhereThereIsNone) {
  for (const char* text : {"", "usage", R"("usage")", R"("usage":)", R"("usage":null)", R"("usage":[1])",
                           R"("usage":{"n":1)", R"("usage" {"n":1})", R"("usage":"{}")"}) {
    EXPECT_EQ(usage_of(text, 64), "") << text;
  }
}

}  // namespace
}  // namespace minions::gateway
