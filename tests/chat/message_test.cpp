#include "chat/message.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace minions::chat {
namespace {

using nlohmann::json;

TEST(ChatRequest, WritesOnlyWhatWasAskedFor) {
  ChatRequest request{.model = "m", .stream = false};
  request.messages.push_back({Role::kSystem, Text("be brief")});
  request.messages.push_back({Role::kUser, Text("hi")});
  EXPECT_EQ(json::parse(to_json(request)), json::parse(R"({"model":"m","stream":false,"messages":[
    {"role":"system","content":"be brief"},{"role":"user","content":"hi"}]})"));
}

TEST(ChatRequest, WritesEachOption) {
  ChatRequest request{.model = "m"};
  request.messages.push_back({Role::kAssistant, Text("x")});
  request.sampling.temperature = 0.25;
  request.sampling.max_tokens = 64;
  request.sampling.seed = 7;
  request.sampling.stop = {"\n\n", "END"};
  request.sampling.top_p = 0.5;
  request.sampling.parameters = {{"chat_template_kwargs", R"({"enable_thinking":false})"}};
  request.response_format = JsonSchema{"shape", R"({"type":"object"})"};
  const json body = json::parse(to_json(request));
  EXPECT_EQ(body["temperature"], 0.25);
  EXPECT_EQ(body["max_tokens"], 64);
  EXPECT_EQ(body["seed"], 7);
  EXPECT_EQ(body["top_p"], 0.5);
  EXPECT_EQ(body["chat_template_kwargs"]["enable_thinking"], false);
  EXPECT_EQ(body["stop"], json({"\n\n", "END"}));
  EXPECT_EQ(body["stream_options"]["include_usage"], true);
  EXPECT_EQ(body["response_format"]["json_schema"]["schema"]["type"], "object");
  EXPECT_EQ(to_json(request.copy()), to_json(request));
  request.ask_for_usage = false;
  EXPECT_FALSE(json::parse(to_json(request)).contains("stream_options"));
  request.response_format = JsonObject{};
  EXPECT_EQ(json::parse(to_json(request))["response_format"], json({{"type", "json_object"}}));
}

TEST(JsonString, RoundTripsEveryByteThatIsText) {
  std::string text;
  for (int c = 1; c < 0x80; ++c) text += static_cast<char>(c);
  text += "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  text += '\0';
  std::string quoted;
  append_json_string(quoted, text);
  EXPECT_EQ(json::parse(quoted).get<std::string>(), text);
}

TEST(JsonString, ReplacesWhatIsNotUtf8) {
  std::string quoted;
  append_json_string(quoted, "a\xFFz\"");
  EXPECT_EQ(json::parse(quoted).get<std::string>(), "a\xEF\xBF\xBDz\"");
}

TEST(FinishReason, KeepsItsNameAndMarksUnknownOnes) {
  for (const auto reason : {FinishReason::kStop, FinishReason::kLength, FinishReason::kContentFilter,
                            FinishReason::kToolCalls, FinishReason::kRefusal, FinishReason::kAbort}) {
    EXPECT_EQ(finish_reason_of(name_of(reason)), reason);
  }
  EXPECT_EQ(finish_reason_of("repetition_detected"), FinishReason::kOther);
}

}  // namespace
}  // namespace minions::chat
