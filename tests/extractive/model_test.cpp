#include "extractive/model.h"

#include "chat/delta.h"
#include "extractive/answer.h"
#include "serve.h"

namespace minions::extractive {
namespace {

using nlohmann::json;

// A hundred pages about many things; page 73 has the one fact.
std::string hundred_pages() {
  std::string text;
  for (int page = 1; page <= 100; ++page) {
    text +=
        "[report.pdf, page " + std::to_string(page) + "]\nSection " + std::to_string(page) +
        " deals with the plans of the department.\nThe budget of the department was discussed in the meeting of week " +
        std::to_string(page) + ",\nand the members agreed. Nothing else was decided.\n";
    if (page == 73)
      text +=
          "The turbine at the Falkenau plant reached an output of 412\nmegawatts in March 2021. It was shut down "
          "later.\n";
    text += "\n";
  }
  return text;
}

std::string folded(const std::string& context, const std::string& question) {
  return "Context:\n\n" + context + "\n\nQuery:" + question;
}

TEST(Extractive, FindsThePlantedFactAndItsPage) {
  const Reply reply = post(chat_body(folded(hundred_pages(), "What output did the turbine at Falkenau reach?")).dump());
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content(), std::string(kExtractiveBanner) +
                                 "\n\"The turbine at the Falkenau plant reached an output of 412 megawatts in March "
                                 "2021.\" [report.pdf, page 73]");
}

TEST(Extractive, ReadsDocumentsOfAWorkersSystemMessage) {
  const std::string system =
      "You read documents. Answer concisely about turbines.\n\n### Document 1\nAlpha is red.\n\n### Document 2\nBeta "
      "is blue.";
  EXPECT_NE(post(chat_body("What colour is Beta?", system).dump()).content().find("\"Beta is blue.\" [Document 2]"),
            std::string::npos);
  EXPECT_NE(post(chat_body("Which turbines?", system).dump()).content().find(kNothingMatches), std::string::npos)
      << "instructions are no source";
}

TEST(Extractive, NamesFolderPartsAndEarlierTurns) {
  const std::string context =
      "--- Content from a.txt ---\nThe door is green.\n\n--- Content from b.txt ---\nThe roof is grey.";
  EXPECT_NE(
      post(chat_body(folded(context, "What is the roof like?")).dump()).content().find("\"The roof is grey.\" [b.txt]"),
      std::string::npos);
  json body = chat_body("My dog is called Argos.");
  body["messages"].push_back({{"role", "assistant"}, {"content", "Noted."}});
  body["messages"].push_back({{"role", "user"}, {"content", "What is my dog called?"}});
  EXPECT_NE(post(body.dump()).content().find("\"My dog is called Argos.\""), std::string::npos);
}

TEST(Extractive, SaysWhenThereIsNothingToQuote) {
  EXPECT_EQ(post(chat_body("What is the capital of France?", "You are a helpful assistant.").dump()).content(),
            std::string(kExtractiveBanner) + "\n" + std::string(kNothingToQuote));
  EXPECT_EQ(post(chat_body(folded("The cat sat.", "zebra?")).dump()).content(),
            std::string(kExtractiveBanner) + "\n" + std::string(kNothingMatches));
}

TEST(Extractive, ReadsContentInParts) {
  json body = chat_body("");
  body["messages"][0]["content"] = {{{"type", "text"}, {"text", "Context:\n\nThe key is under the mat."}},
                                    {{"type", "image_url"}, {"image_url", {{"url", "data:image/png;base64,AA=="}}}},
                                    {{"type", "text"}, {"text", "Query:Where is the key?"}}};
  EXPECT_NE(post(body.dump()).content().find("The key is under the mat."), std::string::npos);
}

TEST(Extractive, StreamsPiecesThatJoinToTheWholeAnswer) {
  json body = chat_body(folded(hundred_pages(), "What output did the turbine at Falkenau reach?"));
  const json whole = post(body.dump()).json();
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  const Reply reply = post(body.dump());
  EXPECT_EQ(reply.content_type, "text/event-stream");

  struct Count final : chat::TokenSink {
    bool token(std::string_view) override { return ++pieces > 0; }
    int pieces = 0;
  } sink;
  chat::StreamedCompletion stream;
  for (const std::string& event : reply.pieces) {
    ASSERT_TRUE(event.starts_with("data: ") && event.ends_with("\n\n")) << event;
    ASSERT_TRUE(stream.take({{}, std::string_view(event).substr(6, event.size() - 8)}, sink)) << event;
  }
  EXPECT_TRUE(stream.done());
  const auto completion = std::move(stream).finish(sink);
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->text.reveal(), whole["choices"][0]["message"]["content"].get<std::string>());
  EXPECT_EQ(completion->finish_reason, chat::FinishReason::kStop);
  EXPECT_EQ(completion->usage->prompt_tokens, whole["usage"]["prompt_tokens"].get<std::uint64_t>());
  EXPECT_GT(completion->usage->completion_tokens, 10U);
  EXPECT_GT(sink.pieces, 15);
  EXPECT_EQ(json::parse(reply.pieces.front().substr(6))["choices"][0]["delta"]["role"], "assistant");
  EXPECT_TRUE(json::parse(reply.pieces[reply.pieces.size() - 2].substr(6))["choices"].empty())
      << "usage comes with no choices";
}

TEST(Extractive, SendsUsageInAStreamOnlyWhenAsked) {
  json body = chat_body("hello");
  body["stream"] = true;
  EXPECT_EQ(post(body.dump()).text().find("usage"), std::string::npos);
}

TEST(Extractive, AnswersTheSameEachTime) {
  const std::string body = chat_body(folded(hundred_pages(), "budget of the department")).dump();
  EXPECT_EQ(post(body).text(), post(body).text());
}

TEST(Extractive, StopsAtTokensAndStopTexts) {
  json body = chat_body(folded("The \xE2\x82\xAC rate is 5.", "rate?"));
  const std::string full = post(body.dump()).content();
  for (std::size_t tokens = 1; tokens <= estimated_tokens(full); ++tokens) {
    body["max_tokens"] = tokens;
    const json reply = post(body.dump()).json();
    ASSERT_FALSE(reply.is_discarded());
    const auto text = reply["choices"][0]["message"]["content"].get<std::string>();
    EXPECT_TRUE(full.starts_with(text));
    EXPECT_LE(estimated_tokens(text), tokens);
    EXPECT_EQ(reply["choices"][0]["finish_reason"], text == full ? "stop" : "length");
  }
  body.erase("max_tokens");
  body["stop"] = {"zzz", "\n"};
  EXPECT_EQ(post(body.dump()).content(), kExtractiveBanner);
}

TEST(Extractive, StopsWhenTheTokenOrTheSinkSaysSo) {
  json body = chat_body(folded(hundred_pages(), "turbine"));
  body["stream"] = true;
  const std::string text = body.dump();
  ExtractiveModel model;
  std::stop_source source;
  source.request_stop();
  Reply stopped;
  model.serve({"POST", "/v1/chat/completions", text}, stopped, source.get_token());
  EXPECT_TRUE(stopped.pieces.empty());
  Reply cut;
  cut.piece_limit = 3;
  model.serve({"POST", "/v1/chat/completions", text}, cut, {});
  EXPECT_EQ(cut.pieces.size(), 3U);
}

TEST(Extractive, RefusesBadRequestsInTheFormOfOpenAi) {
  struct Case {
    const char* body;
    int status;
    const char* param;
  };
  const Case cases[] = {
      {"", 400, nullptr},
      {"{", 400, nullptr},
      {"[]", 400, nullptr},
      {R"({"messages":[{"role":"user","content":"x"}]})", 400, "model"},
      {R"({"model":7,"messages":[]})", 400, "model"},
      {R"({"model":"gpt-4o","messages":[{"role":"user","content":"x"}]})", 404, "model"},
      {R"({"model":"extractive"})", 400, "messages"},
      {R"({"model":"extractive","messages":[]})", 400, "messages"},
      {R"({"model":"extractive","messages":"x"})", 400, "messages"},
      {R"({"model":"extractive","messages":["x"]})", 400, "messages[0]"},
      {R"({"model":"extractive","messages":[{"content":"x"}]})", 400, "messages[0].role"},
      {R"({"model":"extractive","messages":[{"role":"king","content":"x"}]})", 400, "messages[0].role"},
      {R"({"model":"extractive","messages":[{"role":"user","content":5}]})", 400, "messages[0].content"},
      {R"({"model":"extractive","messages":[{"role":"user","content":[{"text":"x"}]}]})", 400,
       "messages[0].content[0]"},
      {R"({"model":"extractive","messages":[{"role":"user","content":"x"}],"stream":"yes"})", 400, "stream"},
      {R"({"model":"extractive","messages":[{"role":"user","content":"x"}],"max_tokens":0})", 400, "max_tokens"},
      {R"({"model":"extractive","messages":[{"role":"user","content":"x"}],"max_tokens":-1})", 400, "max_tokens"},
      {R"({"model":"extractive","messages":[{"role":"user","content":"x"}],"temperature":3})", 400, "temperature"},
      {R"({"model":"extractive","messages":[{"role":"user","content":"x"}],"stop":[1]})", 400, "stop"},
      {R"({"model":"extractive","messages":[{"role":"user","content":"x"}],"n":2})", 400, "n"},
      {R"({"model":"extractive","messages":[{"role":"user","content":"x"}],"response_format":{"type":"xml"}})", 400,
       "response_format"},
      {R"({"model":"extractive","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema"}})",
       400, "response_format"}};
  for (const Case& bad : cases) {
    const Reply reply = post(bad.body);
    EXPECT_EQ(reply.status, bad.status) << bad.body;
    const json error = reply.json()["error"];
    EXPECT_EQ(error["type"], "invalid_request_error") << bad.body;
    EXPECT_EQ(error["param"], bad.param == nullptr ? json() : json(bad.param)) << bad.body;
    EXPECT_FALSE(error["message"].get<std::string>().empty());
    EXPECT_TRUE(error.contains("code"));
  }
  EXPECT_EQ(post(cases[5].body).json()["error"]["code"], "model_not_found");
}

TEST(Extractive, IgnoresFieldsItDoesNotKnow) {
  json body = chat_body("x");
  body["logit_bias"] = {{"5", 1}};
  body["max_tokens"] = nullptr;
  EXPECT_EQ(post(body.dump()).status, 200);
}

TEST(Extractive, ListsItselfAndKnowsItsPaths) {
  ExtractiveModel model;
  const auto get = [&](std::string_view method, std::string_view path) {
    Reply reply;
    model.serve({method, path, {}}, reply, {});
    return reply;
  };
  EXPECT_EQ(get("GET", "/v1/models?x=1").json()["data"][0]["id"], model.models()[0].id);
  EXPECT_EQ(get("GET", "/v1/models/extractive").json()["object"], "model");
  EXPECT_EQ(get("GET", "/v1/models/other").status, 404);
  EXPECT_EQ(get("GET", "/v1/chat/completions").status, 405);
  EXPECT_EQ(get("POST", "/v1/embeddings").status, 404);
}

}  // namespace
}  // namespace minions::extractive
