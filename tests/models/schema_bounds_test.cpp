#include "models/schema_bounds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/generation_request.h"

namespace minions::models {
namespace {

using nlohmann::json;

std::string refusal(const json& schema) {
  const Status bounded = check_schema_bounds(schema.dump());
  return bounded ? "accepted" : bounded.error().detail;
}

json object_of(const json& properties) { return {{"type", "object"}, {"properties", properties}}; }

json nested(const json& innermost, std::size_t levels) {
  json schema = innermost;
  for (std::size_t i = 0; i < levels; ++i) schema = {{"not", schema}};
  return schema;
}

TEST(SchemaBounds, TakeWhatPeopleWrite) {
  EXPECT_EQ(refusal(json::object()), "accepted");
  EXPECT_EQ(refusal(json::parse(R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":"t",
    "type":"object","additionalProperties":false,"required":["kind","pattern","größe"],
    "properties":{"kind":{"enum":["a","b",1,null]},"pattern":{"type":["string","null"],"maxLength":500},
      "größe":{"type":"number","minimum":-1.5,"maximum":1e9},"tags":{"type":"array","items":{"$ref":"#/$defs/tag"},
      "minItems":1,"maxItems":20},"tree":{"anyOf":[{"$ref":"#"},{"type":"null"}]},
      "default":{"const":{"pattern":"^a$","$ref":"any"},"default":{"minItems":"many"}}},
    "$defs":{"tag":{"type":"string","format":"date"}}})")),
            "accepted");
}

TEST(SchemaBounds, RefuseAPatternAndNothingOfThatName) {
  EXPECT_EQ(refusal(object_of({{"a", {{"type", "string"}, {"pattern", "^a$"}}}})),
            "#/properties/a/pattern: this engine does not hold its answers to a regular expression; leave it out");
  EXPECT_EQ(refusal(object_of({{"pattern", {{"type", "string"}}}})), "accepted");
  EXPECT_EQ(refusal({{"enum", {{{"pattern", "x"}}}}}), "accepted") << "a value";
}

TEST(SchemaBounds, RefuseReferencesWithoutAnEnd) {
  const auto defs = [](const json& a) {
    return json{{"$defs", {{"a", a}, {"b", {{"type", "null"}}}}}, {"$ref", "#/$defs/a"}};
  };
  EXPECT_EQ(refusal(defs({{"$ref", "#/$defs/a"}})), "#/$defs/a/$ref: it leads to another reference");
  EXPECT_EQ(refusal(defs({{"$ref", "#/$defs/b"}})), "#/$ref: it leads to another reference");
  EXPECT_EQ(refusal(defs({{"anyOf", {{{"$ref", "#/$defs/b"}}}}})), "accepted");
  EXPECT_EQ(refusal({{"$ref", "#"}}), "#/$ref: it leads to another reference") << "to itself";
  EXPECT_EQ(refusal(defs({{"not", {{"$ref", "#/$defs/c"}}}})),
            "#/$defs/a/not/$ref: it leads to nothing in this schema; want #/...");
  for (const char* elsewhere :
       {"https://example.org/schema", "", "b", "#/$defs/b/", "#//", "#/$defs/b/99999999999999999999"})
    EXPECT_NE(refusal(defs({{"not", {{"$ref", elsewhere}}}})), "accepted") << elsewhere;
  EXPECT_NE(refusal(defs({{"not", {{"$ref", 1}}}})), "accepted");
  EXPECT_NE(refusal({{"$ref", "#/" + std::string(200, 'a')}}), "accepted");
}

TEST(SchemaBounds, RefuseNamesThatAGrammarWouldRead) {
  for (const char* name : {"a]", "[a", "a\\b", "^", "a\"b", "a\nb", "a\x7f"})
    EXPECT_NE(refusal(object_of({{name, {{"type", "null"}}}})), "accepted") << name;
  EXPECT_EQ(refusal(object_of({{"first-name 2 größe_$.@/:", {{"type", "null"}}}})), "accepted");
}

TEST(SchemaBounds, RefuseWhatIsTooMuch) {
  EXPECT_EQ(refusal(nested({{"type", "null"}}, 60)), "accepted");
  EXPECT_TRUE(refusal(nested({{"type", "null"}}, 64)).ends_with(": over 64 levels"));
  EXPECT_TRUE(
      refusal({{"const", json::parse(std::string(70, '[') + std::string(70, ']'))}}).ends_with(": over 64 levels"));

  json many = json::object();
  json required = json::array();
  for (int i = 0; i < 64; ++i) many[fmt::format("p{}", i)] = {{"type", "null"}};
  EXPECT_EQ(refusal(object_of(many)), "accepted");
  many["one more"] = {{"type", "null"}};
  EXPECT_EQ(refusal(object_of(many)), "#: over 64 properties that are not required");
  json with_required = object_of(many);
  with_required["required"] = {"one more"};
  EXPECT_EQ(refusal(with_required), "accepted");

  EXPECT_EQ(refusal({{"enum", json(std::vector<int>(257))}}), "#/enum: over 256 entries");
  EXPECT_EQ(refusal({{"anyOf", json(std::vector<json>(257, json::object()))}}), "#/anyOf: over 256 entries");
  EXPECT_TRUE(refusal({{"x", json(std::vector<int>(4000))}}).ends_with(": over 4000 values"));
  json objects = json::array();
  for (int i = 0; i < 250; ++i) objects.push_back(json::object());
  json several = json::object();
  for (int i = 0; i < 4; ++i) several[fmt::format("p{}", i)] = {{"anyOf", objects}};
  EXPECT_TRUE(refusal(object_of(several)).ends_with(": over 1000 objects"));

  for (const char* name : {"minLength", "maxLength", "minItems", "maxItems"}) {
    EXPECT_EQ(refusal({{name, 500}}), "accepted") << name;
    EXPECT_EQ(refusal({{name, 501}}), fmt::format("#/{}: 501, want 500 at most", name));
    EXPECT_NE(refusal({{name, -1}}), "accepted") << name;
    EXPECT_NE(refusal({{name, 1.5}}), "accepted") << name;
  }
  json counted = json::array();
  for (int i = 0; i < 9; ++i) counted.push_back({{"maxLength", 500}});
  EXPECT_TRUE(refusal({{"anyOf", counted}}).ends_with("over 4000 characters and items in all counts together"));

  EXPECT_EQ(refusal({{"type", {"object", "object"}}}), "#/type: a type twice");
  EXPECT_NE(refusal(object_of({{std::string(129, 'a'), json::object()}})), "accepted");
  json path = json::object();
  for (int i = 0; i < 17; ++i) path = object_of({{std::string(128, 'a'), path}});
  EXPECT_NE(refusal(path).find("over 2048 bytes of names"), std::string::npos);
  EXPECT_EQ(refusal({{"title", std::string(70'000, 'a')}}), "over 65536 bytes");
}

TEST(SchemaBounds, RefuseARangeOfNothing) {
  EXPECT_EQ(refusal({{"minLength", 10}, {"maxLength", 2}}), "#: minLength over maxLength");
  EXPECT_EQ(refusal({{"items", {{"minItems", 2}, {"maxItems", 1}}}}), "#/items: minItems over maxItems");
  EXPECT_EQ(refusal({{"minimum", 1.5}, {"maximum", 1}}), "#: minimum over maximum");
  EXPECT_EQ(refusal({{"minLength", 2}, {"maxLength", 2}}), "accepted");
}

TEST(SchemaBounds, RefuseWhatIsNoSchema) {
  EXPECT_EQ(refusal({{"items", 5}}), "accepted") << "the engine says so";
  EXPECT_NE(refusal(object_of({{"a", 5}})), "accepted");
  EXPECT_FALSE(check_schema_bounds("{"));
  EXPECT_FALSE(check_schema_bounds(""));
}

}  // namespace
}  // namespace minions::models
