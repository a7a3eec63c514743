#include "openai/generation_request.h"

#include <gtest/gtest.h>

namespace minions::openai {
namespace {

GenerationRequest chat(std::string_view fields) {
  auto request = parse_generation_request(
      RequestKind::kChat, R"({"messages":[{"role":"user","content":"hi"}])" + std::string(fields) + "}");
  if (!request) ADD_FAILURE() << request.error().message;
  return request ? *std::move(request) : GenerationRequest{};
}

// The field that a refusal names.
std::string refused(RequestKind kind, std::string_view body) {
  const auto request = parse_generation_request(kind, body);
  if (request) return "taken";
  EXPECT_EQ(request.error().status, 400);
  EXPECT_FALSE(request.error().message.empty());
  return request.error().param;
}
std::string refused_chat(std::string_view fields) {
  return refused(RequestKind::kChat, R"({"messages":[{"role":"user","content":"hi"}])" + std::string(fields) + "}");
}

TEST(GenerationRequest, ReadsEveryFieldOfAChat) {
  const auto request = parse_generation_request(RequestKind::kChat, R"({"model":"m","messages":[
    {"role":"developer","content":"be brief"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
    {"role":"assistant","content":null},{"role":"tool","content":"t"}],
    "temperature":0.5,"top_p":0.9,"min_p":0.1,"top_k":7,"frequency_penalty":-1,"presence_penalty":1,"seed":42,
    "stop":["x","y"],"max_completion_tokens":9,"stream":true,"stream_options":{"include_usage":true},
    "chat_template_kwargs":{"enable_thinking":false},
    "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{ "b":1, "a":2 }}}})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->model, "m");
  ASSERT_EQ(request->turns.size(), 4U);
  EXPECT_EQ(request->turns[0].role, "system");
  ASSERT_EQ(request->turns[1].parts.size(), 1U);
  EXPECT_EQ(request->turns[1].parts[0].text, "a\n\nb");
  EXPECT_TRUE(request->turns[2].parts.empty());
  EXPECT_EQ(request->turns[3].role, "tool");
  EXPECT_EQ(request->sampling.temperature, 0.5);
  EXPECT_EQ(request->sampling.top_p, 0.9);
  EXPECT_EQ(request->sampling.min_p, 0.1);
  EXPECT_EQ(request->sampling.top_k, 7);
  EXPECT_EQ(request->sampling.frequency_penalty, -1);
  EXPECT_EQ(request->sampling.presence_penalty, 1);
  EXPECT_EQ(request->sampling.seed, 42U);
  EXPECT_EQ(request->stop, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(request->max_tokens, 9U);
  EXPECT_TRUE(request->stream && request->include_usage);
  EXPECT_EQ(request->template_arguments.at("enable_thinking"), "false");
  EXPECT_EQ(request->format, ResponseFormat::kJsonSchema);
  EXPECT_EQ(request->schema, R"({"b":1,"a":2})") << "in the order given";
}

TEST(GenerationRequest, WhatIsAbsentOrNullIsLeftToTheModel) {
  const GenerationRequest request = chat(R"(,"temperature":null,"stop":null,"tools":[],"logprobs":false,"n":1)");
  EXPECT_FALSE(request.sampling.temperature || request.sampling.seed || request.max_tokens);
  EXPECT_EQ(request.format, ResponseFormat::kText);
  EXPECT_FALSE(request.stream);
}

TEST(GenerationRequest, NamesWhatOurEnginesIgnore) {
  for (const char* taken :
       {"temperature", "top_p", "max_tokens", "seed", "stop", "top_k", "min_p", "chat_template_kwargs"})
    EXPECT_FALSE(is_ignored("llama.cpp", taken)) << taken;
  EXPECT_FALSE(is_ignored("llama.cpp", "tools")) << "it is refused";
  EXPECT_TRUE(is_ignored("llama.cpp", "repetition_penalty"));
  EXPECT_TRUE(is_ignored("extractive", "temperature"));
  EXPECT_FALSE(is_ignored("extractive", "max_tokens"));
  EXPECT_FALSE(is_ignored("upstream", "repetition_penalty")) << "not known";
}

TEST(GenerationRequest, AnyIntegerIsASeed) {
  EXPECT_EQ(chat(R"(,"seed":0)").sampling.seed, 0U);
  EXPECT_TRUE(chat(R"(,"seed":-1)").sampling.seed.has_value());
  EXPECT_NE(chat(R"(,"seed":4294967295)").sampling.seed, 0xFFFFFFFFU) << "llama.cpp reads that as by chance";
}

TEST(GenerationRequest, RefusesWrongTypesAndValuesWithTheFieldsName) {
  EXPECT_EQ(refused_chat(R"(,"temperature":2.5)"), "temperature");
  EXPECT_EQ(refused_chat(R"(,"temperature":"hot")"), "temperature");
  EXPECT_EQ(refused_chat(R"(,"top_p":1.5)"), "top_p");
  EXPECT_EQ(refused_chat(R"(,"top_k":-2)"), "top_k");
  EXPECT_EQ(refused_chat(R"(,"max_tokens":0)"), "max_tokens");
  EXPECT_EQ(refused_chat(R"(,"stop":7)"), "stop");
  EXPECT_EQ(refused_chat(R"(,"stop":")" + std::string(4'097, 'a') + "\""), "stop");
  EXPECT_EQ(refused_chat(R"(,"stop":["a",")" + std::string(4'097, 'a') + "\"]"), "stop");
  EXPECT_EQ(refused_chat(R"(,"stream":"yes")"), "stream");
  EXPECT_EQ(refused_chat(R"(,"response_format":{"type":"xml"})"), "response_format");
  EXPECT_EQ(refused_chat(R"(,"response_format":{"type":"json_schema"})"), "response_format");
  EXPECT_EQ(refused(RequestKind::kChat, R"({"messages":[]})"), "messages");
  EXPECT_EQ(refused(RequestKind::kChat, R"({"messages":[{"role":"robot","content":"x"}]})"), "messages[0].role");
  EXPECT_EQ(refused_chat(R"(,"chat_template_kwargs":{"messages":[]})"), "chat_template_kwargs");
  EXPECT_EQ(refused(RequestKind::kChat, "{"), "");
  EXPECT_EQ(refused(RequestKind::kChat, "[]"), "");
}

TEST(GenerationRequest, RefusesWhatTheModelDoesNotDo) {
  EXPECT_EQ(refused_chat(R"(,"n":2)"), "n");
  EXPECT_EQ(refused_chat(R"(,"logprobs":true)"), "logprobs");
  EXPECT_EQ(refused_chat(R"(,"top_logprobs":3)"), "top_logprobs");
  EXPECT_EQ(refused_chat(R"(,"tools":[{"type":"function"}])"), "tools");
  EXPECT_EQ(refused_chat(R"(,"logit_bias":{"5":1})"), "logit_bias");
  EXPECT_EQ(refused(RequestKind::kChat,
                    R"({"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":""}}]}]})"),
            "messages[0].content[0]");
  EXPECT_EQ(refused(RequestKind::kCompletion, R"({"prompt":"x","suffix":"y"})"), "suffix");
  EXPECT_EQ(refused(RequestKind::kCompletion, R"({"prompt":"x","best_of":2})"), "best_of");
  EXPECT_EQ(refused(RequestKind::kCompletion, R"({"prompt":"x","logprobs":5})"), "logprobs");
}

std::string with_part(std::string_view part) {
  return R"({"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},)" +
         std::string(part) + R"(,{"type":"text","text":"c"}]}]})";
}

TEST(GenerationRequest, ReadsPicturesAmongText) {
  for (const std::string_view value :
       {R"({"url":"data:image/png;base64,aGk=","detail":"high"})", R"("data:;base64,aGk=")"}) {
    const auto request = parse_generation_request(
        RequestKind::kChat, with_part(R"({"type":"image_url","image_url":)" + std::string(value) + "}"));
    ASSERT_TRUE(request) << request.error().message;
    const std::vector<ContentPart>& parts = request->turns[0].parts;
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(parts[0].text, "a\n\nb");
    EXPECT_FALSE(parts[0].picture);
    ASSERT_TRUE(parts[1].picture);
    EXPECT_EQ(as_text(*parts[1].picture), "hi");
    EXPECT_EQ(parts[1].at, "messages[0].content[2]");
    EXPECT_EQ(parts[2].text, "c");
  }
}

TEST(GenerationRequest, RefusesPicturesThatAreNoDataUrl) {
  for (const std::string_view value :
       {R"("https://example.org/a.png")", R"({"url":"file:///etc/passwd"})", R"({"url":"data:image/png,x"})",
        R"({"url":"data:image/png;base64,?"})", R"({"url":7})", "{}", "null", "7"}) {
    const std::string body = with_part(R"({"type":"image_url","image_url":)" + std::string(value) + "}");
    EXPECT_EQ(refused(RequestKind::kChat, body), "messages[0].content[2].image_url") << value;
  }
}

TEST(GenerationRequest, ReadsACompletion) {
  EXPECT_EQ(parse_generation_request(RequestKind::kCompletion, R"({"prompt":"once","max_tokens":5})")->prompt, "once");
  EXPECT_EQ(parse_generation_request(RequestKind::kCompletion, R"({"prompt":["once"]})")->prompt, "once");
  EXPECT_EQ(refused(RequestKind::kCompletion, R"({"prompt":["a","b"]})"), "prompt");
  EXPECT_EQ(refused(RequestKind::kCompletion, R"({"messages":[]})"), "prompt");
  EXPECT_EQ(refused(RequestKind::kCompletion, R"({"prompt":"x","response_format":{"type":"json_object"}})"),
            "response_format");
}

}  // namespace
}  // namespace minions::openai
