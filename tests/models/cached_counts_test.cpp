#include "models/cached_counts.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace minions::models {
namespace {

// However it is cut.
std::string hidden(const std::string& reply) {
  const auto cut_at = [&](std::size_t at) {
    std::string text = reply;
    CachedCounts counts;
    const MutableBytes bytes(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
    counts.hide(bytes.first(at));
    counts.hide(bytes.subspan(at));
    return text;
  };
  const std::string whole = cut_at(reply.size());
  for (std::size_t at = 0; at < reply.size(); ++at) EXPECT_EQ(cut_at(at), whole) << reply;
  EXPECT_EQ(whole.size(), reply.size());
  return whole;
}

TEST(CachedCounts, BecomeZero) {
  EXPECT_EQ(hidden(R"({"usage":{"prompt_tokens":25,"prompt_tokens_details":{"cached_tokens":128}}})"),
            R"({"usage":{"prompt_tokens":25,"prompt_tokens_details":{"cached_tokens":0  }}})");
  EXPECT_EQ(hidden("data: {\"timings\":{\"cache_n\" : 17 ,\"prompt_n\":-1.5e+3}}\n\ndata: [DONE]\n\n"),
            "data: {\"timings\":{\"cache_n\" : 0  ,\"prompt_n\":0      }}\n\ndata: [DONE]\n\n");
  for (const char* name : {"num_cached_tokens", "cached_prompt_tokens", "tokens_cached", "cache_read_input_tokens",
                           "cache_creation_input_tokens", "prompt_cache_hit_tokens", "prompt_cache_miss_tokens"}) {
    const auto read = nlohmann::json::parse(hidden(R"({")" + std::string(name) + R"(":4711,"b":[4711]})"));
    EXPECT_EQ(read[name], 0);
    EXPECT_EQ(read["b"][0], 4711);
  }
}

TEST(CachedCounts, AreFoundBehindAQuoteThatOpensNoString) {
  EXPECT_EQ(hidden(": a comment with \" in it\n\ndata: {\"cached_tokens\":5}\n\n"),
            ": a comment with \" in it\n\ndata: {\"cached_tokens\":0}\n\n");
}

TEST(CachedCounts, AreNotWhatAModelWrites) {
  for (const char* reply :
       {R"({"content":"\"cached_tokens\":128"})", R"({"content":"cached_tokens","n":128})",
        R"({"arguments":"{\"cached_tokens\": 128}"})", R"({"my_cached_tokens":128,"cached_tokens_":1})",
        R"({"cached_tokens":null,"a":128})", R"({"cached_tokens":"128"})", "cached_tokens:128",
        R"(["cached_tokens",128])", R"({"\\cached_tokens":128})"}) {
    EXPECT_EQ(hidden(reply), reply);
  }
}

}  // namespace
}  // namespace minions::models
