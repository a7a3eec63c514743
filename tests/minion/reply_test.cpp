#include "minion/reply.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace minions::minion {
namespace {

using nlohmann::json;

TEST(LastJsonObject, IsFoundInWhateverStandsAround) {
  for (const char* text : {
           R"({"message":"m"})",
           "Sure! Here it is:\n```json\n{\"message\":\"m\"}\n```\nHope that helps.",
           R"(<think>I could say {"message":"x"} or not</think>{"message":"m"})",
           R"({"message":"first"} and then {"message":"m"})",
           R"(a set {1, 2} and a "quote { then {"message":"m"})",
           R"(unbalanced { before {"message":"m"})",
           "{\"message\":\"m\"} }",
           "{\"message\":\n\"m\"\n}",
       }) {
    const auto object = last_json_object(text);
    ASSERT_TRUE(object) << text;
    EXPECT_EQ((*object)["message"], "m") << text;
  }
}

TEST(LastJsonObject, KeepsNestedBracesAndBracesInStrings) {
  EXPECT_EQ(last_json_object(R"(x {"a":{"b":{"c":1}},"d":"} {"} y)").value(),
            json::parse(R"({"a":{"b":{"c":1}},"d":"} {"})"));
  EXPECT_EQ(last_json_object(R"({"a":"he said \"{\" twice"})").value()["a"], "he said \"{\" twice");
}

TEST(LastJsonObject, TakesLineEndsInsideStrings) {
  EXPECT_EQ(last_json_object("{\"message\": \"one\ntwo\tthree\\nfour\"}").value()["message"], "one\ntwo\tthree\nfour");
}

TEST(LastJsonObject, IsNotMadeUp) {
  for (const char* text : {"", "no braces", "{", "}", "{]", "[1,2]", "{\"a\":}", "{'a':'b'}", "\"{}", "{\"a\":1"}) {
    EXPECT_FALSE(last_json_object(text) && !last_json_object(text)->empty()) << text;
  }
}

TEST(LastJsonObject, IsBoundedInTimeOnHostileText) {
  // Quadratic would be 10^10 steps here.
  EXPECT_FALSE(last_json_object(std::string(200'000, '{')));
  std::string pairs;
  for (int i = 0; i < 50'000; ++i) pairs += "{x}";
  EXPECT_FALSE(last_json_object(pairs));
  std::string deep(100'000, '{');
  deep += std::string(100'000, '}');
  EXPECT_TRUE(last_json_object(deep).value_or(json::object()).empty());
}

TEST(FirstReply, NeedsAMessageOfText) {
  const auto reply = parse_first_reply(R"({"reasoning":"r","message":" ask this "})");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->message, "ask this");
  EXPECT_EQ(reply->reasoning, "r");
  EXPECT_TRUE(parse_first_reply(R"({"message":"m","reasoning":7})"));
  for (const char* text : {"", "what is it?", R"({"question":"m"})", R"({"message":null})", R"({"message":7})",
                           R"({"message":["m"]})", R"({"message":"  "})"}) {
    const auto refused = parse_first_reply(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::kBackend) << text;
  }
}

TEST(FirstReply, NamesTheFaultWithoutItsText) {
  EXPECT_EQ(parse_first_reply(R"({"message":{"secret":1}})").error().detail, "\"message\" is object, want a string");
  EXPECT_EQ(parse_first_reply("secret").error().detail, "it holds no JSON object");
}

TEST(FirstReply, IsNotReadWithoutBound) {
  EXPECT_NE(parse_first_reply(std::string(kMaxReplyBytes + 1, ' ')).error().detail.find("at most 1048576"),
            std::string::npos);
}

TEST(Decision, IsOneOfTwo) {
  const auto answer = parse_decision(R"({"decision":"provide_final_answer","answer":"42","message":null})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->decision, Decision::kFinalAnswer);
  EXPECT_EQ(answer->text, "42");
  const auto more = parse_decision(R"({"decision":"request_additional_info","message":"and?","answer":null})");
  ASSERT_TRUE(more);
  EXPECT_EQ(more->decision, Decision::kMoreInformation);
  EXPECT_EQ(more->text, "and?");
}

TEST(Decision, RefusesEverythingElse) {
  for (const char* text : {
           R"({"answer":"42"})",
           R"({"decision":"maybe","answer":"42"})",
           R"({"decision":1,"answer":"42"})",
           R"({"decision":"provide_final_answer"})",
           R"({"decision":"provide_final_answer","message":"42"})",
           R"({"decision":"provide_final_answer","answer":42})",
           R"({"decision":"request_additional_info","answer":"42"})",
           R"({"decision":"provide_final_answer","answer":""})",
           "provide_final_answer",
       }) {
    EXPECT_FALSE(parse_decision(text)) << text;
  }
}

TEST(Names, AreTheStringsOfTheList) {
  EXPECT_EQ(parse_names(R"({"names":["Ada Lovelace",7,"Bo"]})").value(),
            (std::vector<std::string>{"Ada Lovelace", "Bo"}));
  EXPECT_TRUE(parse_names(R"({"names":[]})").value().empty());
  EXPECT_FALSE(parse_names(R"({"names":"Ada"})"));
  EXPECT_FALSE(parse_names("Ada"));
}

}  // namespace
}  // namespace minions::minion
