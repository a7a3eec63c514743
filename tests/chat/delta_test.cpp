#include "chat/delta.h"

#include <gtest/gtest.h>

namespace minions::chat {
namespace {

constexpr std::string_view kEvent =
    R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,)"
    R"("delta":{"content":"Gr\u00fc\u00dfe\n"},"logprobs":null,"finish_reason":null}]})";

class Collector final : public TokenSink {
 public:
  explicit Collector(std::size_t limit = 1000) : limit_(limit) {}
  bool token(std::string_view piece) override {
    text += piece;
    return ++pieces < limit_;
  }
  std::string text;
  std::size_t pieces = 0;

 private:
  std::size_t limit_;
};

TEST(Delta, GivesTextFinishReasonAndUsage) {
  DeltaDecoder decoder;
  const auto text = decoder.decode(kEvent);
  ASSERT_TRUE(text) << text.error().detail;
  EXPECT_EQ(text->text,
            "Gr\xC3\xBC\xC3\x9F"
            "e\n");
  EXPECT_FALSE(text->finish_reason || text->usage || text->error || text->done);

  const auto role =
      decoder.decode(R"({"choices":[{"delta":{"role":"assistant","content":null},"finish_reason":null}]})");
  ASSERT_TRUE(role);
  EXPECT_EQ(role->text, "");

  const auto last = decoder.decode(R"({"choices":[{"finish_reason":"length","delta":{}}],"usage":null})");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->finish_reason, FinishReason::kLength);
  EXPECT_FALSE(last->usage);

  const auto usage = decoder.decode(
      R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":5}}})");
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->usage, (Usage{9, 4, 5, 0}));
  EXPECT_TRUE(decoder.decode("[DONE]")->done);
}

TEST(Delta, TakesTheFirstChoiceOnlyAndJoinsParts) {
  DeltaDecoder decoder;
  EXPECT_EQ(decoder.decode(R"({"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]})")->text, "a");
  EXPECT_EQ(
      decoder.decode(R"({"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"x"},{"text":"b"}]}}]})")
          ->text,
      "ab");
}

TEST(Delta, GivesTheErrorOfTheBackend) {
  DeltaDecoder decoder;
  const auto delta =
      decoder.decode(R"({"error":{"message":"too\nlong","type":"invalid_request_error","param":null,"code":400}})");
  ASSERT_TRUE(delta);
  ASSERT_TRUE(delta->error);
  const Error error = to_error(*delta->error);
  EXPECT_EQ(error.code, ErrorCode::kBackend);
  EXPECT_EQ(error.detail, "the model's server says invalid_request_error: too long");
  EXPECT_EQ(decoder.decode(R"({"error":"no such model"})")->error->message, "no such model");
}

TEST(Delta, RefusesWhatIsNoCompletion) {
  DeltaDecoder decoder;
  for (const std::string_view payload :
       {"", "[]", "null", "{", "hello", R"({"a":1})", R"({"choices":1})", R"({"choices":[1]})",
        R"({"choices":[{"delta":{"content":1}}]})", R"({"usage":{"prompt_tokens":-1}})",
        R"({"usage":{"prompt_tokens":"1"}})", R"({"usage":7})", R"([DONE)"}) {
    EXPECT_FALSE(decoder.decode(payload)) << payload;
  }
  EXPECT_TRUE(decoder.decode(kEvent)) << "a refusal must not spoil the next event";
}

TEST(Delta, SurvivesEveryTruncation) {
  DeltaDecoder decoder;
  for (std::size_t size = 0; size < kEvent.size(); ++size) EXPECT_FALSE(decoder.decode(kEvent.substr(0, size))) << size;
}

TEST(Delta, NeverMixesEventsOfDifferentLengths) {
  DeltaDecoder decoder;
  const std::string large(5000, 'x');
  EXPECT_EQ(decoder.decode(R"({"choices":[{"delta":{"content":")" + large + R"("}}]})")->text, large);
  EXPECT_EQ(decoder.decode(R"({"choices":[{"delta":{"content":"y"}}]})")->text, "y");
}

TEST(Reply, GivesTextUsageAndReason) {
  const auto reply = decode_reply(
      R"({"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"four"},"finish_reason":"stop"}],
          "usage":{"prompt_tokens":3,"completion_tokens":1}})");
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->text.reveal(), "four");
  EXPECT_EQ(reply->finish_reason, FinishReason::kStop);
  EXPECT_EQ(reply->usage, (Usage{3, 1, 0, 0}));
}

TEST(Reply, IsAnErrorWhenTheBackendSaysSo) {
  EXPECT_EQ(decode_reply(R"({"error":{"message":"no"}})").error().code, ErrorCode::kBackend);
  EXPECT_EQ(decode_reply("<html>").error().code, ErrorCode::kMalformed);
}

TEST(StreamedCompletion, JoinsWhatTheSinkSaw) {
  StreamedCompletion stream;
  Collector sink;
  for (const std::string_view payload :
       {R"({"choices":[{"delta":{"role":"assistant"}}]})", R"({"choices":[{"delta":{"content":"a "}}]})",
        R"({"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]})",
        R"({"choices":[],"usage":{"prompt_tokens":2,"completion_tokens":2}})", "[DONE]"}) {
    ASSERT_TRUE(stream.take(payload, sink)) << payload;
  }
  EXPECT_TRUE(stream.done());
  const auto completion = std::move(stream).finish();
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->text.reveal(), "a b");
  EXPECT_EQ(sink.text, "a b");
  EXPECT_EQ(completion->usage->total_tokens(), 4U);
}

TEST(StreamedCompletion, RefusesAStreamThatWasCutOff) {
  StreamedCompletion stream;
  Collector sink;
  ASSERT_TRUE(stream.take(kEvent, sink));
  EXPECT_EQ(std::move(stream).finish().error().code, ErrorCode::kTruncated);
}

TEST(StreamedCompletion, StopsWhenTheSinkSaysSo) {
  StreamedCompletion stream;
  Collector sink(1);
  EXPECT_EQ(stream.take(kEvent, sink).error().code, ErrorCode::kCancelled);
}

TEST(Usage, AddsUp) {
  const Usage sum = Usage{1, 2, 3, 4} + Usage{10, 20, 30, 40};
  EXPECT_EQ(sum, (Usage{11, 22, 33, 44}));
  EXPECT_EQ(sum.total_tokens(), 33U);
  EXPECT_EQ(parse_usage(R"({"prompt_tokens":1,"completion_tokens":null,"other":{}})"), (Usage{1, 0, 0, 0}));
  EXPECT_FALSE(parse_usage(R"({"prompt_tokens":1.5})"));
  EXPECT_FALSE(parse_usage("[]"));
}

}  // namespace
}  // namespace minions::chat
