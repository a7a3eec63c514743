#include "extractive/schema.h"

#include "serve.h"

namespace minions::extractive {
namespace {

using nlohmann::json;

const std::string kText =
    "[ledger.txt, page 4]\nThe company Nordwind employs 1,250 people in Bergen.\n\nRevenue: 4.5 million euros; cost "
    "unknown.\n\n"
    "The audit was completed on 2021-09-21 and the opinion was positive.\n\nThe fleet has buses, trams and ferries.\n";

json filled(const json& schema, const std::string& question) {
  json body = chat_body("Context:\n\n" + kText + "\n\nQuery:" + question);
  body["response_format"] = {{"type", "json_schema"}, {"json_schema", {{"name", "shape"}, {"schema", schema}}}};
  return json::parse(post(body.dump()).content(), nullptr, false);
}

TEST(Schema, IsFilledFromTheText) {
  const json schema = json::parse(R"({"type":"object","additionalProperties":false,
    "required":["company","employees","revenue","audited","audit_date","opinion","mode","nested"],
    "properties":{
      "company":{"type":"string"},"employees":{"type":"integer","description":"number of people employed"},
      "revenue":{"type":"number"},"audited":{"type":"boolean","description":"audit completed"},
      "audit_date":{"type":"string","format":"date"},"opinion":{"enum":["negative","positive"]},
      "mode":{"type":"array","items":{"enum":["trams","planes"]},"maxItems":2,"description":"fleet"},
      "nested":{"type":"object","required":["revenue"],"properties":{"revenue":{"type":"string"}}}}})");
  const json value = filled(schema, "What do we know about the company, its revenue, people, fleet and audit?");
  ASSERT_TRUE(value.is_object());
  EXPECT_EQ(value["employees"], 1250);
  EXPECT_EQ(value["revenue"], 4.5);
  EXPECT_EQ(value["audited"], true);
  EXPECT_EQ(value["audit_date"], "2021-09-21");
  EXPECT_EQ(value["opinion"], "positive");
  EXPECT_EQ(value["mode"][0], "trams");
  EXPECT_EQ(value["nested"]["revenue"], "4.5 million euros");
  EXPECT_NE(value["company"].get<std::string>().find("Nordwind"), std::string::npos);
}

TEST(Schema, KeepsItsBounds) {
  const json schema = json::parse(R"({"type":"object","required":["a","b","c","d"],"properties":{
    "a":{"type":"integer","minimum":5000},"b":{"type":"string","maxLength":7,"minLength":7},
    "c":{"type":"array","items":{"type":"string"},"minItems":5,"maxItems":5},"d":{"type":"integer","exclusiveMaximum":0}}})");
  const json value = filled(schema, "How many people does Nordwind employ?");
  EXPECT_GE(value["a"], 5000);
  EXPECT_EQ(value["b"].get<std::string>().size(), 7U);
  EXPECT_EQ(value["c"].size(), 5U);
  EXPECT_LT(value["d"], 0);
}

TEST(Schema, AllowsNullsReferencesAndAlternatives) {
  const json schema = json::parse(R"({"type":"object","required":["answer","citation","tree","either"],"properties":{
    "answer":{"type":["string","null"]},"citation":{"anyOf":[{"type":"null"},{"type":"string"}]},
    "tree":{"$ref":"#/$defs/node"},"either":{"oneOf":[{"const":7},{"type":"string"}]}},
    "$defs":{"node":{"type":"object","required":["text"],"properties":{"text":{"type":"string"},"next":{"$ref":"#/$defs/node"}}}}})");
  const json found = filled(schema, "How many people does Nordwind employ?");
  EXPECT_NE(found["answer"].get<std::string>().find("1,250"), std::string::npos);
  EXPECT_EQ(found["citation"], "\"The company Nordwind employs 1,250 people in Bergen.\" [ledger.txt, page 4]");
  EXPECT_EQ(found["either"], 7);
  EXPECT_TRUE(found["tree"]["text"].is_string());
  const json nothing = filled(schema, "zebra?");
  EXPECT_TRUE(nothing["answer"].is_null());
  EXPECT_TRUE(nothing["citation"].is_null());
  EXPECT_TRUE(nothing["tree"]["text"].is_string());
}

TEST(Schema, SurvivesShapesThatMakeNoSense) {
  for (const char* text :
       {"{}", R"({"type":5})", R"({"type":"object","properties":[]})", R"({"$ref":"#"})", R"({"$ref":"#/none"})",
        R"({"$ref":"#/~"})", R"({"enum":[]})", R"({"anyOf":[]})", R"({"type":"array"})",
        R"({"type":"array","items":[],"minItems":"x"})", R"({"type":"array","minItems":99999999999})",
        R"({"type":"string","minLength":99999999999})", R"({"type":"number","minimum":5,"maximum":1})",
        R"({"allOf":[1]})", R"({"type":"object","required":7,"properties":{"a":{}}})",
        R"({"type":"array","items":{"$ref":"#"},"minItems":3})", R"({"allOf":[{"required":["a"]}],"required":7})",
        R"({"allOf":[{"required":7}],"required":["a"]})",
        R"({"type":"object","required":["a"],"properties":{"a":{"description":7,"format":[],"uniqueItems":{}}}})"}) {
    EXPECT_FALSE(filled(json::parse(text), "Nordwind?").is_discarded()) << text;
  }
}

// The best quote that has one decides, then the order of the values; letters and endings do not count.
TEST(Schema, ChoosesByTheBestQuote) {
  const auto chosen = [](const char* values, const std::string& question) {
    return filled({{"type", "object"}, {"required", {"a"}}, {"properties", {{"a", {{"enum", json::parse(values)}}}}}},
                  question)["a"];
  };
  EXPECT_EQ(chosen(R"(["planes","FERRY","buses"])", "Which fleet?"), "FERRY");
  EXPECT_EQ(chosen(R"(["positive","trams"])", "Which fleet has trams?"), "trams");
  EXPECT_EQ(chosen(R"([7,"busTram","planes"])", "Which fleet?"), "busTram");
  EXPECT_EQ(chosen(R"(["horse","zebra"])", "zebra?"), "zebra");
  EXPECT_EQ(chosen(R"(["horse",null])", "zebra?"), json());
  EXPECT_EQ(chosen(R"(["horse","donkey"])", "zebra?"), "horse");
}

TEST(JsonObject, HasAnswerAndCitation) {
  json body = chat_body("Context:\n\n" + kText + "\n\nQuery:Where are the people of Nordwind employed?");
  body["response_format"] = {{"type", "json_object"}};
  const json value = json::parse(post(body.dump()).content());
  EXPECT_NE(value["answer"].get<std::string>().find("Bergen"), std::string::npos);
  EXPECT_NE(value["citation"].get<std::string>().find("[ledger.txt, page 4]"), std::string::npos);
}

}  // namespace
}  // namespace minions::extractive
