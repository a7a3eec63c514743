// A whole Minion run between two extractive engines: supervisor and worker.
#include "extractive/answer.h"
#include "serve.h"

namespace minions::extractive {
namespace {

using nlohmann::json;

constexpr const char* kTask = "What output did the turbine at Falkenau reach?";

json first_schema() {
  return json::parse(
      R"({"type":"object","required":["message"],"properties":{"reasoning":{"type":"string"},"message":{"type":"string"}}})");
}
json decision_schema() {
  return json::parse(
      R"({"type":"object","required":["decision"],"properties":{"decision":{"enum":["provide_final_answer","request_additional_info"]},
    "answer":{"type":"string"},"message":{"type":"string"}}})");
}

json ask(json body, const json& schema) {
  if (!schema.is_null())
    body["response_format"] = {{"type", "json_schema"}, {"json_schema", {{"name", "turn"}, {"schema", schema}}}};
  return json::parse(post(body.dump()).content(), nullptr, false);
}

json first_body() {
  return chat_body(std::string("We need to perform this task.\n\n### Task\n") + kTask +
                   "\n\n### Instructions\nYou cannot see the documents; a small language model can. Reply with "
                   "{\"message\": \"...\"}.");
}

json decision_body(const std::string& reply) {
  json body = first_body();
  body["messages"].push_back({{"role", "assistant"}, {"content", json({{"message", kTask}}).dump()}});
  body["messages"].push_back({{"role", "user"},
                              {"content", "### Response\n" + reply +
                                              "\n\n### Instructions\nReply with {\"decision\": "
                                              "\"provide_final_answer\" or \"request_additional_info\", ...}."}});
  return body;
}

TEST(Supervisor, PassesTheTaskToTheWorker) {
  for (const json& schema : {first_schema(), json()}) {
    const json turn = ask(first_body(), schema);
    EXPECT_EQ(turn["message"], kTask) << schema;
    EXPECT_TRUE(turn["reasoning"].is_string());
  }
}

TEST(Supervisor, AnswersFromTheWorkersReply) {
  const std::string worker =
      post(chat_body(kTask, "### Document 1\n[r.pdf, page 9]\nThe Falkenau turbine reached an output of 412 megawatts.")
               .dump())
          .content();
  for (const json& schema : {decision_schema(), json()}) {
    const json turn = ask(decision_body(worker), schema);
    EXPECT_EQ(turn["decision"], "provide_final_answer");
    EXPECT_EQ(turn["answer"], "\"The Falkenau turbine reached an output of 412 megawatts.\" [r.pdf, page 9]");
  }
}

TEST(Supervisor, AsksOnceMoreAndThenGivesUp) {
  const std::string nothing = std::string(kExtractiveBanner) + "\n" + std::string(kNothingMatches);
  json body = decision_body(nothing);
  const json again = ask(body, decision_schema());
  EXPECT_EQ(again["decision"], "request_additional_info");
  EXPECT_EQ(again["message"], "Which passages mention any of: output, turbine, Falkenau, reach?");
  body["messages"].push_back({{"role", "assistant"}, {"content", again.dump()}});
  body["messages"].push_back(
      {{"role", "user"},
       {"content", "### Response\n" + nothing + "\n\n### Instructions\nsame shape: request_additional_info or not"}});
  EXPECT_EQ(ask(body, decision_schema())["decision"], "provide_final_answer");
}

TEST(Supervisor, AsksNothingMoreInTheLastRound) {
  json schema = decision_schema();
  schema["properties"]["decision"]["enum"] = {"provide_final_answer"};
  EXPECT_EQ(ask(decision_body(std::string(kNothingMatches)), schema)["decision"], "provide_final_answer");
}

TEST(Supervisor, FillsWhatAStrictSchemaRequires) {
  json schema = decision_schema();
  schema["required"] = {"decision", "answer", "message"};
  schema["properties"]["message"]["type"] = {"string", "null"};
  const json turn = ask(decision_body("It was 412."), schema);
  EXPECT_EQ(turn["answer"], "It was 412.");
  EXPECT_TRUE(turn.contains("message") && turn["message"].is_null());
}

TEST(Supervisor, FillsWhatIsRequiredAndDescribedInAnAlternativeOrNowhere) {
  for (const char* text : {
           R"({"anyOf":[{"properties":{"decision":{"const":"provide_final_answer"}}}],"required":["message"]})",
           R"({"properties":{"decision":{"const":"provide_final_answer"}},"required":["message"]})",
           R"({"properties":{"decision":{"const":"provide_final_answer"},"message":7},"required":["message"]})",
       }) {
    const json turn = ask(decision_body("It was 412."), json::parse(text));
    EXPECT_EQ(turn["answer"], "It was 412.") << text;
    EXPECT_EQ(turn["message"], "") << text;
  }
}

TEST(Supervisor, IsNotTakenForOneWhereNoShapeAsks) {
  EXPECT_TRUE(post(chat_body("What is a \"message\"?").dump()).content().starts_with(kExtractiveBanner));
}

}  // namespace
}  // namespace minions::extractive
