#include "chat/ending.h"

#include <gtest/gtest.h>

#include <chrono>

#include "chat/api_error.h"
#include "chat/completion_builder.h"
#include "chat/completion_reader.h"
#include "chat/concessions.h"

namespace minions::chat {
namespace {

class Collector final : public TokenSink {
 public:
  bool token(std::string_view piece) override {
    text += piece;
    return true;
  }
  bool reasoning(std::string_view piece) override {
    thoughts += piece;
    return true;
  }
  std::string text;
  std::string thoughts;
};

Completion completion(std::string text, std::optional<FinishReason> reason) {
  Completion made;
  made.text = Text(std::move(text));
  made.finish_reason = reason;
  return made;
}

TEST(EndingOf, IsCompleteOnlyWhereTheServerSaysSo) {
  EXPECT_EQ(ending_of(completion("x", FinishReason::kStop)), Ending::kComplete);
  EXPECT_EQ(ending_of(completion("x", std::nullopt)), Ending::kUnknown);
  EXPECT_EQ(ending_of(completion("x", FinishReason::kOther)), Ending::kUnknown);
  EXPECT_EQ(ending_of(completion("x", FinishReason::kLength)), Ending::kLength);
  EXPECT_EQ(ending_of(completion("x", FinishReason::kContentFilter)), Ending::kContentFilter);
  EXPECT_EQ(ending_of(completion("x", FinishReason::kAbort)), Ending::kAbort);
  EXPECT_EQ(ending_of(completion("x", FinishReason::kToolCalls)), Ending::kToolCall);
  EXPECT_EQ(ending_of(completion("x", FinishReason::kRefusal)), Ending::kRefusal);
  EXPECT_EQ(ending_of(completion(" \n", FinishReason::kStop)), Ending::kEmpty);
  EXPECT_EQ(ending_of(completion("", std::nullopt)), Ending::kEmpty);
  Completion made = completion("", FinishReason::kLength);
  made.reasoning = Text("hm");
  EXPECT_EQ(ending_of(made), Ending::kReasoningOnly);
  made = completion("I", FinishReason::kStop);
  made.refusal = Text("No.");
  EXPECT_EQ(ending_of(made), Ending::kRefusal);
  made = completion("Let me look.", FinishReason::kStop);
  made.asks_for_tool = true;
  EXPECT_EQ(ending_of(made), Ending::kToolCall);
}

TEST(EndingOf, HasANameAndWords) {
  for (int i = 0; i <= static_cast<int>(Ending::kUnknown); ++i) {
    const auto ending = static_cast<Ending>(i);
    EXPECT_FALSE(name_of(ending).empty());
    EXPECT_EQ(words_for(ending).empty(), ending == Ending::kComplete);
  }
}

struct Thought {
  std::string whole;
  std::string thoughts;
  std::string text;
};
const Thought kThoughts[] = {
    {"Yes.", "", "Yes."},
    {"  Yes.", "", "  Yes."},
    {"<think>hm</think>Yes.", "hm", "Yes."},
    {"\n <think>\nhm\n</think>\n\nYes.", "\nhm\n", "Yes."},
    {"<think></think>\n\nYes.", "", "Yes."},
    {"<think>a </thin b</think>Yes <think>no</think>", "a </thin b", "Yes <think>no</think>"},
    {"<think>never ends", "never ends", ""},
    {"<think>never ends </thi", "never ends </thi", ""},
    {"<thin air>", "", "<thin air>"},
    {"<think", "", "<think"},
    {"The tag <think> opens it", "", "The tag <think> opens it"},
    {"</think>Yes", "", "</think>Yes"},
    {" \n", "", " \n"},
};

TEST(CompletionBuilder, KeepsAThoughtInTheTextApartWhereverItIsSplit) {
  for (const Thought& one : kThoughts) {
    for (std::size_t at = 0; at <= one.whole.size(); ++at) {
      for (const bool by_byte : {false, true}) {
        Collector sink;
        CompletionBuilder builder;
        const std::string_view whole = one.whole;
        for (const std::string_view piece : {whole.substr(0, at), whole.substr(at)}) {
          const std::size_t step = by_byte ? 1 : std::max<std::size_t>(piece.size(), 1);
          for (std::size_t i = 0; i < piece.size(); i += step) ASSERT_TRUE(builder.text(piece.substr(i, step), sink));
        }
        const auto made = std::move(builder).finish(sink);
        ASSERT_TRUE(made);
        EXPECT_EQ(made->text.reveal(), one.text) << one.whole << " at " << at;
        EXPECT_EQ(made->reasoning.reveal(), one.thoughts) << one.whole << " at " << at;
        EXPECT_EQ(sink.text, one.text);
        EXPECT_EQ(sink.thoughts, one.thoughts);
      }
    }
  }
}

// Some templates write <think> themselves: only its end comes.
TEST(CompletionBuilder, TakesWhatComesBeforeAClosingTagForTheThought) {
  const Thought thoughts[] = {
      {"hm\nso\n</think>\n\nYes.", "hm\nso\n", "Yes."},
      {"hm</think>\r\nYes.", "hm", "Yes."},
      {"only thoughts</think>", "only thoughts", ""},
      {"The tag </think> ends it.", "", "The tag </think> ends it."},
      {"Like this:\n```\nhm\n</think>\n```\nDone.", "", "Like this:\n```\nhm\n</think>\n```\nDone."},
      {"It is `</think>`\nand no other.", "", "It is `</think>`\nand no other."},
      {"First \"</think>\n\", then hm</think>\nYes.", "First \"</think>\n\", then hm", "Yes."},
      {"Write <think>\nand\n</think>\naround it.", "", "Write <think>\nand\n</think>\naround it."},
  };
  for (const Thought& one : thoughts) {
    Collector sink;
    CompletionBuilder builder;
    for (const char& c : one.whole) ASSERT_TRUE(builder.text({&c, 1}, sink));
    const auto made = std::move(builder).finish(sink);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->text.reveal(), one.text) << one.whole;
    EXPECT_EQ(made->reasoning.reveal(), one.thoughts) << one.whole;
    EXPECT_EQ(made->began_with_thought, !one.thoughts.empty()) << one.whole;
    EXPECT_EQ(sink.text, one.whole) << "the pieces have been passed on";
  }
}

// A model chooses how often the tag comes: 8 MB of it are read once.
TEST(CompletionBuilder, ReadsAnAnswerFullOfClosingTagsOnce) {
  std::string text = "```\n";
  while (text.size() < 8 * 1024 * 1024) text += "</think>\n";
  Collector sink;
  CompletionBuilder builder;
  ASSERT_TRUE(builder.text(text, sink));
  const auto begun = std::chrono::steady_clock::now();
  const auto made = std::move(builder).finish(sink);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->text.size(), text.size());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST(StreamReader, TakesAnObjectWhereAStreamWasAskedFor) {
  const std::string body = R"({"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]})";
  for (const std::string& whole : {body, "\xEF\xBB\xBF" + body, " \n" + body}) {
    for (std::size_t at = 0; at <= whole.size(); ++at) {
      Collector sink;
      StreamReader reader;
      ASSERT_TRUE(reader.take(std::string_view(whole).substr(0, at), sink));
      ASSERT_TRUE(reader.take(std::string_view(whole).substr(at), sink));
      const auto made = std::move(reader).finish(sink);
      ASSERT_TRUE(made) << at << ": " << made.error().detail;
      EXPECT_EQ(made->text.reveal(), "Hello");
    }
  }
}

TEST(StreamReader, TakesALastEventWithoutABlankLine) {
  Collector sink;
  const auto made =
      read_completion("data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}", true, sink);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(made->text.reveal(), "a");
  EXPECT_EQ(read_completion("data: {\"choices\":[{\"delta\":{\"con", true, sink).error().code, ErrorCode::kTruncated);
}

TEST(StreamReader, TakesAnEventOfSeveralMegabytes) {
  Collector sink;
  const std::string text(5'000'000, 'x');
  const auto made = read_completion(
      "data: {\"choices\":[{\"delta\":{\"content\":\"" + text + "\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
      true, sink);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(made->text.size(), text.size());
}

TEST(ErrorBodies, KeepTheirReasonInEachForm) {
  const auto message = [](std::string_view body) { return read_error_body(body).message; };
  EXPECT_EQ(message(R"({"error":{"message":"bad\nmodel","code":1}})"), "bad model");
  EXPECT_EQ(message(R"({"error":"not found"})"), "not found");
  EXPECT_EQ(message(R"({"object":"error","message":"too long","code":400})"), "too long");
  EXPECT_EQ(message(R"({"message":"m"})"), "m");
  EXPECT_EQ(message(R"({"detail":"Model not loaded"})"), "Model not loaded");
  EXPECT_EQ(message(R"({"detail":[{"type":"missing","loc":["body","messages",0],"msg":"Field required"}]})"),
            "body.messages.0: Field required");
  EXPECT_EQ(message("Internal Server Error\n"), "Internal Server Error");
  EXPECT_EQ(message("<html><h1>502</h1></html>"), "");
  EXPECT_EQ(message(""), "");
  EXPECT_LE(message(R"({"error":")" + std::string(10'000, 'x') + "\"}").size(), 300U);
  const Error error = status_error("the model's server", 400, R"({"error":{"message":"m","type":"t","code":"c"}})");
  EXPECT_EQ(error.detail, "the model's server answered HTTP 400 (t, c): m");
  EXPECT_EQ(error.code, ErrorCode::kBackend);
  EXPECT_EQ(error.http_status, 400);
  EXPECT_EQ(status_error("s", 500, "").detail, "s answered HTTP 500");
}

ChatRequest full_request() {
  ChatRequest request{.model = "m"};
  request.messages.push_back({Role::kSystem, Text("be brief")});
  request.messages.push_back({Role::kUser, Text("hi")});
  request.response_format = JsonObject{};
  return request;
}

TEST(Concessions, AreMadeOnceEachAndSaid) {
  const ChatRequest request = full_request();
  Concessions concessions;
  const auto refusal = [](std::string_view message) {
    return status_error("s", 400, R"({"error":{"message":")" + std::string(message) + "\"}}");
  };
  EXPECT_TRUE(concessions.learn(refusal("Unknown parameter: 'stream_options'"), request));
  EXPECT_FALSE(concessions.learn(refusal("Unknown parameter: 'stream_options'"), request)) << "known already";
  EXPECT_TRUE(concessions.learn(refusal("System role not supported"), request));
  EXPECT_TRUE(concessions.learn(refusal("response_format is not supported"), request));
  EXPECT_EQ(concessions.notes().size(), 3U);
  const ChatRequest made = concessions.applied_to(request);
  EXPECT_FALSE(made.ask_for_usage);
  EXPECT_TRUE(std::holds_alternative<FreeText>(made.response_format));
  ASSERT_EQ(made.messages.size(), 1U);
  EXPECT_EQ(made.messages[0].role, Role::kUser);
  EXPECT_EQ(made.messages[0].content.reveal(), "be brief\n\nhi");
}

TEST(Concessions, AreNotMadeForAnotherReason) {
  const ChatRequest request = full_request();
  Concessions concessions;
  for (
      const std::string_view body :
      {R"({"error":{"message":"default chat template is no longer allowed, so you must provide one"}})",
       R"({"error":{"message":"This model's maximum context length is 4096 tokens"}})", "{}", "",
       R"({"detail":[{"loc":["body","model"],"msg":"Field required","input":{"response_format":{"type":"json_object"}}}]})",
       R"({"error":{"message":"the grammar of this question is poor"}})",
       R"({"error":{"message":"the system prompt is over 100 tokens"}})"})
    EXPECT_FALSE(concessions.learn(status_error("s", 400, body), request)) << body;
  EXPECT_FALSE(concessions.learn(status_error("s", 429, R"({"error":"stream_options"})"), request));
  ChatRequest plain{.model = "m"};
  EXPECT_FALSE(concessions.learn(status_error("s", 400, R"({"error":"system role"})"), plain)) << "it has none";
}

}  // namespace
}  // namespace minions::chat
