#include "chat/delta.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "chat/ending.h"

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

Result<Completion> whole(std::string_view body) {
  Collector sink;
  return decode_reply(body, sink);
}

Result<Completion> streamed(std::initializer_list<SseEvent> events, Collector& sink) {
  StreamedCompletion stream;
  for (const SseEvent& event : events) MINIONS_TRY(stream.take(event, sink));
  return std::move(stream).finish(sink);
}

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
  EXPECT_EQ(error.detail, "the model's server reports invalid_request_error (400): too long");
  EXPECT_EQ(decoder.decode(R"({"error":"no such model"})")->error->message, "no such model");
}

TEST(Delta, RefusesWhatIsNoCompletion) {
  DeltaDecoder decoder;
  for (const std::string_view payload :
       {"", "[]", "null", "{", "hello", R"([DONE)", R"({"choices":[{"delta":{"content":"a}]})"}) {
    EXPECT_FALSE(decoder.decode(payload)) << payload;
  }
  EXPECT_TRUE(decoder.decode(kEvent)) << "a refusal must not spoil the next event";
}

// Servers and the proxies before them add what is no part of a completion.
TEST(Delta, PassesOverWhatItDoesNotKnow) {
  DeltaDecoder decoder;
  for (const std::string_view payload :
       {"{}", R"({"a":1})", R"({"type":"ping"})", R"({"choices":1})", R"({"choices":[1]})", R"({"choices":null})",
        R"({"choices":[{"delta":{"content":1}}]})", R"({"choices":[{"delta":null,"finish_reason":7}]})",
        R"({"prompt_filter_results":[{"prompt_index":0}],"choices":[]})", R"({"usage":7})", R"({"error":null})",
        R"({"usage":{"prompt_tokens":-1}})", R"({"usage":{"prompt_tokens":"1"}})"}) {
    const auto delta = decoder.decode(payload);
    ASSERT_TRUE(delta) << payload << ": " << delta.error().detail;
    EXPECT_TRUE(delta->text.empty() && !delta->finish_reason && !delta->usage && !delta->error) << payload;
  }
}

TEST(Delta, TakesWholeNumbersWithAPoint) {
  DeltaDecoder decoder;
  EXPECT_EQ(decoder.decode(R"({"usage":{"prompt_tokens":7.0,"completion_tokens":3.0}})")->usage, (Usage{7, 3, 0, 0}));
  EXPECT_FALSE(decoder.decode(R"({"usage":{"prompt_tokens":7.5,"completion_tokens":3}})")->usage);
  EXPECT_FALSE(decoder.decode(R"({"usage":{"prompt_tokens":1e300}})")->usage);
}

TEST(Delta, TakesTheChoiceWithIndexZero) {
  DeltaDecoder decoder;
  EXPECT_EQ(
      decoder.decode(R"({"choices":[{"index":1,"delta":{"content":"b"}},{"delta":{"content":"a"},"index":0}]})")->text,
      "a");
  EXPECT_EQ(decoder.decode(R"({"choices":[{"index":1,"delta":{"content":"b"}}]})")->text, "");
}

TEST(Delta, ReplacesWhatIsNotUtf8) {
  DeltaDecoder decoder;
  const auto text = [&](std::string_view content) {
    const auto delta = decoder.decode(fmt::format(R"({{"choices":[{{"delta":{{"content":"{}"}}}}]}})", content));
    return delta ? std::string(delta->text) : delta.error().detail;
  };
  EXPECT_EQ(text("a\xFF\xFE z"), "a\xEF\xBF\xBD\xEF\xBF\xBD z");
  EXPECT_EQ(text(R"(a\ud83d)"), "a\xEF\xBF\xBD");
  EXPECT_EQ(text(R"(\ude00b)"),
            "\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(text(R"(\ud83d\ude00\ud83d)"), "\xF0\x9F\x98\x80\xEF\xBF\xBD");
  EXPECT_EQ(text("\\\\ud83d \xC3\xA4\xC3"), "\\ud83d \xC3\xA4\xEF\xBF\xBD") << "a backslash that is no escape";
}

TEST(Delta, KeepsReasoningRefusalsAndToolsApart) {
  DeltaDecoder decoder;
  const auto thought =
      decoder.decode(R"({"choices":[{"delta":{"content":null,"reasoning":"hm","reasoning_content":"hm"}}]})");
  EXPECT_EQ(thought->reasoning, "hm") << "given by two names, it is one thought";
  EXPECT_EQ(thought->text, "");
  const auto parts = decoder.decode(
      R"({"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"Yes"}]}}]})");
  EXPECT_EQ(parts->reasoning, "hm");
  EXPECT_EQ(parts->text, "Yes");
  EXPECT_EQ(decoder.decode(R"({"choices":[{"delta":{"refusal":"No."}}]})")->refusal, "No.");
  EXPECT_TRUE(decoder.decode(R"({"choices":[{"delta":{"tool_calls":[{"index":0}]}}]})")->asks_for_tool);
  EXPECT_FALSE(decoder.decode(R"({"choices":[{"delta":{"tool_calls":[]}}]})")->asks_for_tool);
  EXPECT_TRUE(decoder.decode(R"({"choices":[{"delta":{"function_call":{"name":"f"}}}]})")->asks_for_tool);
}

TEST(Delta, ReadsTheReasonOfSglang) {
  DeltaDecoder decoder;
  EXPECT_EQ(decoder.decode(R"({"choices":[{"finish_reason":{"type":"stop","matched":2}}]})")->finish_reason,
            FinishReason::kStop);
  EXPECT_EQ(decoder.decode(R"({"choices":[{"finish_reason":"repetition_detected"}]})")->finish_reason,
            FinishReason::kOther);
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
  const auto reply = whole(
      R"({"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"four"},"finish_reason":"stop"}],
          "usage":{"prompt_tokens":3,"completion_tokens":1}})");
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->text.reveal(), "four");
  EXPECT_EQ(reply->finish_reason, FinishReason::kStop);
  EXPECT_EQ(reply->usage, (Usage{3, 1, 0, 0}));
}

TEST(Reply, IsAnErrorWhenTheBackendSaysSo) {
  EXPECT_EQ(whole(R"({"error":{"message":"no"}})").error().code, ErrorCode::kBackend);
  EXPECT_EQ(whole("<html>").error().code, ErrorCode::kMalformed);
  // Half of a text in Latin-1: the reason is read all the same.
  EXPECT_NE(whole("{\"error\":{\"message\":\"caf\xE9 is shut\"}}").error().detail.find("is shut"), std::string::npos);
}

TEST(Reply, IsNoneWithoutChoices) {
  for (const std::string_view body :
       {"{}", R"({"usage":{"prompt_tokens":1}})", R"({"error":null})", R"({"error":{}})"}) {
    const auto reply = whole(body);
    ASSERT_FALSE(reply) << body;
    EXPECT_EQ(reply.error().code, ErrorCode::kBackend) << body;
    EXPECT_NE(reply.error().detail.find("no completion"), std::string::npos) << body << ": " << reply.error().detail;
  }
  EXPECT_NE(whole(R"({"message":"loading"})").error().detail.find("loading"), std::string::npos);
}

TEST(Reply, MayStandBesideWhatIsNoError) {
  constexpr std::string_view kRest = R"("choices":[{"message":{"content":"a"},"finish_reason":"stop"}]})";
  for (const std::string_view first : {R"({"error":"",)", R"({"error":{},)", R"({"detail":"cached",)"}) {
    const auto reply = whole(std::string(first) + std::string(kRest));
    ASSERT_TRUE(reply) << first << reply.error().detail;
    EXPECT_EQ(reply->text.reveal(), "a");
  }
}

TEST(StreamedCompletion, JoinsWhatTheSinkSaw) {
  StreamedCompletion stream;
  Collector sink;
  for (const std::string_view payload :
       {R"({"choices":[{"delta":{"role":"assistant"}}]})", R"({"choices":[{"delta":{"content":"a "}}]})",
        R"({"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]})",
        R"({"choices":[],"usage":{"prompt_tokens":2,"completion_tokens":2}})", "[DONE]"}) {
    ASSERT_TRUE(stream.take({{}, payload}, sink)) << payload;
  }
  EXPECT_TRUE(stream.done());
  const auto completion = std::move(stream).finish(sink);
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->text.reveal(), "a b");
  EXPECT_EQ(sink.text, "a b");
  EXPECT_EQ(completion->usage->total_tokens(), 4U);
}

TEST(StreamedCompletion, PassesOverEventsOfOtherKinds) {
  Collector sink;
  const auto completion = streamed({{"ping", R"({"type":"ping"})"},
                                    {"", ""},
                                    {"", "  "},
                                    {"x-stats", "not JSON"},
                                    {"message", R"({"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]})"},
                                    {"", "[DONE] "},
                                    {"", R"({"choices":[{"delta":{"content":"more"}}]})"}},
                                   sink);
  ASSERT_TRUE(completion) << completion.error().detail;
  EXPECT_EQ(completion->text.reveal(), "a");
}

TEST(StreamedCompletion, TakesEventsWithoutBlankLinesBetween) {
  Collector sink;
  const auto completion =
      streamed({{"",
                 "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n"
                 "{\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n[DONE]"}},
               sink);
  ASSERT_TRUE(completion) << completion.error().detail;
  EXPECT_EQ(completion->text.reveal(), "ab");
  EXPECT_FALSE(streamed({{"", "{\"choices\":[]}\nhello"}}, sink));
}

TEST(StreamedCompletion, ReportsAnErrorInEachForm) {
  for (const SseEvent event : {SseEvent{"", R"({"error":{"message":"gone"}})"}, SseEvent{"", R"({"error":"gone"})"},
                               SseEvent{"", R"({"object":"error","message":"gone","code":500})"},
                               SseEvent{"error", R"({"message":"gone","code":"x"})"}, SseEvent{"error", "gone"},
                               SseEvent{"", R"({"detail":"gone"})"}}) {
    Collector sink;
    const auto failed = streamed({event}, sink);
    ASSERT_FALSE(failed) << event.data;
    EXPECT_EQ(failed.error().code, ErrorCode::kBackend) << event.data;
    EXPECT_NE(failed.error().detail.find("gone"), std::string::npos) << event.data << ": " << failed.error().detail;
  }
}

TEST(StreamedCompletion, IsNoAnswerWhereNothingCame) {
  Collector sink;
  EXPECT_EQ(streamed({}, sink).error().code, ErrorCode::kBackend);
  EXPECT_EQ(ending_of(*streamed({{"", "[DONE]"}}, sink)), Ending::kEmpty);
  EXPECT_EQ(streamed({{"", R"({"type":"ping"})"}}, sink).error().code, ErrorCode::kBackend);
}

TEST(StreamedCompletion, RefusesAStreamThatWasCutOff) {
  StreamedCompletion stream;
  Collector sink;
  ASSERT_TRUE(stream.take({{}, kEvent}, sink));
  EXPECT_EQ(std::move(stream).finish(sink).error().code, ErrorCode::kTruncated);
}

TEST(StreamedCompletion, StopsWhenTheSinkSaysSo) {
  StreamedCompletion stream;
  Collector sink(1);
  EXPECT_EQ(stream.take({{}, kEvent}, sink).error().code, ErrorCode::kCancelled);
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
