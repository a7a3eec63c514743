#include "llama/schema_bounds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ctime>

#include "llama/schema_ambiguity.h"

namespace minions::llama {
namespace {

using json = nlohmann::ordered_json;

std::string refusal(const json& schema) {
  const auto bounded = bounded_schema(schema.dump());
  return bounded ? "accepted" : bounded.error().detail;
}
// As it was read.
std::string written(const char* schema) {
  const auto bounded = bounded_schema(schema);
  return bounded ? bounded->dump() : "refused: " + bounded.error().detail;
}

json object_of(const json& properties) { return {{"type", "object"}, {"properties", properties}}; }
json with_defs(const json& a) {
  return {{"$defs", {{"a", a}, {"b", {{"type", "null"}}}}}, {"anyOf", {{{"$ref", "#/$defs/a"}}}}};
}

TEST(SchemaBounds, TakeWhatPeopleWrite) {
  EXPECT_EQ(written("{}"), "{}");
  EXPECT_EQ(written(R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":"t","type":"object",
    "additionalProperties":false,"required":["kind","pattern","größe"],
    "properties":{"kind":{"enum":["a","b",1,null]},"pattern":{"type":["string","null"],"maxLength":500,"description":"d"},
      "größe":{"type":"number","minimum":-1.5},"count":{"type":"integer","minimum":0.0,"exclusiveMaximum":10},
      "tags":{"type":"array","items":{"$ref":"#/definitions/tag"},"minItems":1,"maxItems":20},
      "default":{"const":{"pattern":"^a$","$ref":"any"},"default":{"minItems":"many"}},
      "wrapped":{"allOf":[{"$ref":"#/definitions/tag"}],"description":"as generators write it"}},
    "definitions":{"tag":{"format":"date","minLength":1}}})"),
            R"({"type":"object","properties":{"kind":{"enum":["a","b",1,null]},)"
            R"("pattern":{"anyOf":[{"type":"string","maxLength":500},{"type":"null"}]},"größe":{"type":"number"},)"
            R"("count":{"type":"integer","minimum":0,"maximum":9},)"
            R"("tags":{"type":"array","minItems":1,"maxItems":20,"items":{"$ref":"#/$defs/d0"}},)"
            R"("default":{"const":{"pattern":"^a$","$ref":"any"}},"wrapped":{"$ref":"#/$defs/d0"}},)"
            R"("required":["kind","pattern","größe"],"additionalProperties":false,)"
            R"("$defs":{"d0":{"type":"string","minLength":1,"format":"date"}}})");
  EXPECT_EQ(written(R"({"oneOf":[{"properties":{"z":true,"a":{}}},{"prefixItems":[{"type":"null"}]}]})"),
            R"({"anyOf":[{"type":"object","properties":{"z":{},"a":{}},"required":[]},)"
            R"({"type":"array","prefixItems":[{"type":"null"}]}]})");
}

TEST(SchemaBounds, RefuseAPatternAndNothingOfThatName) {
  EXPECT_EQ(refusal(object_of({{"a", {{"type", "string"}, {"pattern", "^a$"}}}})),
            "#/properties/a/pattern: this engine does not hold its answers to a regular expression; leave it out");
  EXPECT_EQ(refusal(object_of({{"pattern", {{"type", "string"}}}})), "accepted");
  EXPECT_EQ(refusal({{"enum", {{{"pattern", "x"}}}}}), "accepted") << "a value";
}

// What is not judged is not handed on either.
TEST(SchemaBounds, LeaveOutWhatAReferenceMustNotReach) {
  const json bomb = {{"type", "string"}, {"minLength", 10}, {"maxLength", 2}};
  for (const char* place : {"default", "foo", "examples", "const", "properties"}) {
    const json schema = {{place, {{"x", bomb}}}, {"$ref", fmt::format("#/{}/x", place)}};
    EXPECT_EQ(refusal(schema), "#/$ref: want # or #/$defs/NAME of a definition that is there") << place;
  }
  EXPECT_EQ(written(R"({"type":"null","default":{"minLength":9},"foo":[{"pattern":"x"}],"$defs":7})"),
            R"({"type":"null"})");
  EXPECT_EQ(refusal({{"$defs", {{"a", bomb}}}}), "#/$defs/a: minLength over maxLength") << "asked for or not";
}

TEST(SchemaBounds, RefuseReferencesWithoutAnEnd) {
  EXPECT_EQ(refusal(with_defs({{"$ref", "#/$defs/a"}})), "#/$defs/a: a definition that is a reference alone");
  EXPECT_EQ(refusal(with_defs({{"$ref", "#/$defs/b"}})), "#/$defs/a: a definition that is a reference alone");
  EXPECT_EQ(refusal(with_defs({{"allOf", {{{"$ref", "#/$defs/b"}}}}})),
            "#/$defs/a: a definition that is a reference alone");
  EXPECT_EQ(refusal(with_defs({{"anyOf", {{{"$ref", "#/$defs/b"}}}}})), "accepted");
  for (const char* elsewhere :
       {"#/", "https://example.org/schema", "", "b", "#/$defs/b/", "#/$defs/c", "#/$defs/", "#//"})
    EXPECT_NE(refusal(with_defs({{"items", {{"$ref", elsewhere}}}})), "accepted") << elsewhere;
  EXPECT_NE(refusal(with_defs({{"items", {{"$ref", 1}}}})), "accepted");
  // Others write these alike, or step into the first by the name of the second.
  EXPECT_EQ(written(R"({"$defs":{"b_":{"type":"null"},"b-":{"type":"string"}},"items":{"$ref":"#/$defs/b-"}})"),
            R"({"type":"array","items":{"$ref":"#/$defs/d1"},"$defs":{"d1":{"type":"string"},"d0":{"type":"null"}}})");
  EXPECT_EQ(written(R"({"$defs":{"a":{"const":{"minLength":9}},"a/const":{"type":"null"}},"$ref":"#/$defs/a/const"})"),
            R"({"$ref":"#/$defs/d1","$defs":{"d0":{"const":{"minLength":9}},"d1":{"type":"null"}}})");
}

// A tree, as it is written most often.
TEST(SchemaBounds, FollowAReferenceToTheWhole) {
  EXPECT_EQ(written(R"({"type":"object","properties":{"children":{"type":"array","items":{"$ref":"#"}}}})"),
            R"({"$ref":"#/$defs/root","$defs":{"root":{"type":"object","properties":)"
            R"({"children":{"type":"array","items":{"$ref":"#/$defs/root"}}},"required":[]}}})");
  EXPECT_EQ(written(R"({"items":{"$ref":"#/$defs/a"},"$defs":{"a":{"anyOf":[{"$ref":"#"},{"type":"null"}]}}})"),
            R"({"$ref":"#/$defs/root","$defs":{"d0":{"anyOf":[{"$ref":"#/$defs/root"},{"type":"null"}]},)"
            R"("root":{"type":"array","items":{"$ref":"#/$defs/d0"}}}})");
  EXPECT_EQ(refusal({{"$ref", "#"}}), "#: a definition that is a reference alone");
  EXPECT_EQ(refusal({{"allOf", {{{"$ref", "#"}}}}}), "#: a definition that is a reference alone");
  EXPECT_NE(refusal({{"$defs", {{"a", {{"$ref", "#"}}}}}, {"$ref", "#/$defs/a"}}), "accepted");
}

TEST(SchemaBounds, FollowAnAllOfOfOneAlone) {
  EXPECT_NE(refusal({{"allOf", {{{"type", "null"}}, {{"type", "null"}}}}}), "accepted");
  EXPECT_NE(refusal({{"allOf", json::array()}}), "accepted");
  EXPECT_NE(refusal({{"allOf", {{{"type", "null"}}}}, {"properties", json::object()}}), "accepted");
  EXPECT_EQ(written(R"({"allOf":[{"type":"null"}]})"), R"({"type":"null"})");
}

TEST(SchemaBounds, RefuseNamesThatAGrammarWouldRead) {
  for (const char* name : {"a]", "[a", "a\\b", "^", "a\"b", "a\nb", "a\x7f"}) {
    EXPECT_NE(refusal(object_of({{name, {{"type", "null"}}}})), "accepted") << name;
  }
  EXPECT_EQ(refusal(object_of({{"first-name 2 größe_$.@/:", {{"type", "null"}}}})), "accepted");
}

TEST(SchemaBounds, RefuseWhatWouldBeReadAsSomethingElse) {
  for (const char* name : {"", "date_time", "integral_part", "date time", "time_string"})
    EXPECT_NE(refusal(object_of({{name, {{"type", "null"}}}})), "accepted") << name;
  for (const char* name : {"date", "date-time", "string", "\u65e5\u671f"})
    EXPECT_EQ(refusal(object_of({{name, {{"type", "null"}}}})), "accepted") << name;
  json beside = object_of({{"a", {{"type", "null"}}}});
  beside["anyOf"] = {json{{"required", {"a"}}}};
  EXPECT_NE(refusal(beside), "accepted");
  const json head = json::array({{{"type", "null"}}});
  EXPECT_NE(refusal({{"type", "array"}, {"prefixItems", head}, {"items", {{"type", "null"}}}}), "accepted");
  EXPECT_EQ(refusal({{"type", "array"}, {"prefixItems", head}, {"items", false}}), "accepted");
}

TEST(SchemaBounds, RefuseWhatIsTooMuch) {
  json nested = {{"type", "null"}};
  for (int i = 0; i < 60; ++i) nested = {{"items", nested}};
  EXPECT_EQ(refusal(nested), "accepted");
  for (int i = 0; i < 4; ++i) nested = {{"items", nested}};
  EXPECT_EQ(refusal(nested), "#: over 64 levels");

  json many = json::object();
  for (int i = 0; i < 64; ++i) many[fmt::format("p{}", i)] = {{"type", "null"}};
  EXPECT_EQ(refusal(object_of(many)), "accepted");
  many["one more"] = {{"type", "null"}};
  EXPECT_EQ(refusal(object_of(many)), "#: over 64 properties that are not required");
  json with_required = object_of(many);
  with_required["required"] = {"one more"};
  EXPECT_EQ(refusal(with_required), "accepted");

  EXPECT_EQ(refusal({{"enum", json(std::vector<int>(257))}}), "#/enum: over 256 entries");
  EXPECT_EQ(refusal({{"anyOf", json(std::vector<json>(257, json::object()))}}), "#/anyOf: over 256 entries");
  EXPECT_EQ(refusal({{"x", json(std::vector<int>(4000))}}), "#: over 4000 values");
  json several = json::object();
  for (int i = 0; i < 5; ++i)
    several[fmt::format("p{}", i)] = {{"anyOf", json(std::vector<json>(250, json::object()))}};
  EXPECT_NE(refusal(object_of(several)).find("over 1000 schemas"), std::string::npos);

  const auto of = [](const char* name, const json& value) {
    return json{{"type", std::string_view(name).ends_with("Items") ? "array" : "string"}, {name, value}};
  };
  for (const char* name : {"minLength", "maxLength", "minItems", "maxItems"}) {
    EXPECT_EQ(refusal(of(name, 500)), "accepted") << name;
    EXPECT_EQ(refusal(of(name, 501)), fmt::format("#/{}: 501, want 500 at most", name));
    EXPECT_NE(refusal(of(name, -1)), "accepted") << name;
    EXPECT_NE(refusal(of(name, 1.5)), "accepted") << name;
  }
  EXPECT_NE(refusal({{"anyOf", json(std::vector<json>(9, of("maxLength", 500)))}}).find("over 4000 characters"),
            std::string::npos);

  EXPECT_EQ(refusal({{"type", {"object", "object"}}}), "#/type: want types, each once");
  EXPECT_NE(refusal({{"type", "nothing"}}), "accepted");
  EXPECT_NE(refusal(object_of({{std::string(129, 'a'), json::object()}})), "accepted");
  json path = json::object();
  for (int i = 0; i < 17; ++i) path = object_of({{std::string(128, 'a'), path}});
  EXPECT_NE(refusal(path).find("over 2048 bytes of names"), std::string::npos);
  EXPECT_EQ(refusal({{"title", std::string(70'000, 'a')}}), "over 65536 bytes");
}

// Each type reads its own keywords: no part is written twice, at however many levels.
TEST(SchemaBounds, WriteEachPartOnce) {
  json nested = {{"type", "null"}};
  for (int i = 0; i < 25; ++i) nested = {{"type", {"object", "array", "string"}}, {"properties", {{"a", nested}}}};
  const auto bounded = bounded_schema(nested.dump());
  ASSERT_TRUE(bounded) << bounded.error().detail;
  EXPECT_LT(bounded->dump().size(), 5'000U);
}

// Of a bound alone llama.cpp makes rules without an end, and of two on one side it reads one.
TEST(SchemaBounds, GiveIntegersOneRange) {
  EXPECT_EQ(written(R"({"type":"integer","minimum":2000000000000000})"),
            R"({"type":"integer","minimum":2000000000000000,"maximum":9007199254740992})");
  EXPECT_EQ(written(R"({"type":"integer","exclusiveMaximum":-5})"),
            R"({"type":"integer","minimum":-9007199254740992,"maximum":-6})");
  EXPECT_EQ(written(R"({"type":"integer","minimum":8,"exclusiveMinimum":8,"maximum":20,"exclusiveMaximum":12})"),
            R"({"type":"integer","minimum":9,"maximum":11})");
  EXPECT_EQ(refusal({{"type", "integer"}, {"minimum", 8}, {"maximum", 8}, {"exclusiveMinimum", 8}}),
            "#: minimum over maximum");
}

TEST(SchemaBounds, RefuseARangeOfNothing) {
  EXPECT_EQ(refusal({{"minLength", 10}, {"maxLength", 2}}), "#: minLength over maxLength");
  EXPECT_EQ(refusal({{"items", {{"type", "array"}, {"minItems", 2}, {"maxItems", 1}}}}),
            "#/items: minItems over maxItems");
  EXPECT_EQ(refusal({{"type", "integer"}, {"minimum", 2}, {"maximum", 1}}), "#: minimum over maximum");
  EXPECT_EQ(refusal({{"type", "integer"}, {"exclusiveMinimum", 1}, {"exclusiveMaximum", 2}}),
            "#: minimum over maximum");
  EXPECT_EQ(refusal({{"type", "integer"}, {"minimum", 0.5}}), "#/minimum: want a whole number of at most 2^53");
  EXPECT_EQ(refusal({{"type", "integer"}, {"minimum", 1e300}}), "#/minimum: want a whole number of at most 2^53");
  EXPECT_NE(refusal({{"type", "integer"}, {"exclusiveMaximum", -1e16}}), "accepted");
  EXPECT_NE(refusal({{"type", "integer"}, {"maximum", "9"}}), "accepted");
  EXPECT_EQ(written(R"({"type":"integer","minimum":-9223372036854775808,"maximum":18446744073709551615})"),
            R"({"type":"integer"})");
  EXPECT_EQ(refusal({{"minLength", 2}, {"maxLength", 2}}), "accepted");
}

TEST(SchemaBounds, RefuseWhatIsNoSchema) {
  EXPECT_NE(refusal({{"items", 5}}), "accepted");
  EXPECT_NE(refusal(object_of({{"a", 5}})), "accepted");
  EXPECT_NE(refusal(object_of({{"a", false}})), "accepted");
  EXPECT_FALSE(bounded_schema("{"));
  EXPECT_FALSE(bounded_schema(""));
  EXPECT_FALSE(bounded_schema("[]"));
}

std::string ambiguity(const json& schema) {
  const auto bounded = bounded_schema(schema.dump());
  if (!bounded) return bounded.error().detail;
  return check_ambiguity(*bounded) ? "clear" : "too many";
}

json tuple(const json& item) { return {{"type", "array"}, {"prefixItems", {item}}}; }
json any_of(std::size_t count, const json& one) { return {{"anyOf", json(std::vector<json>(count, one))}}; }

TEST(SchemaAmbiguity, IsThatOfAlternativesThatBeginAlike) {
  EXPECT_EQ(ambiguity(any_of(250, {{"type", "null"}})), "clear");
  EXPECT_EQ(ambiguity(any_of(9, {{"type", "integer"}, {"maximum", 7}})), "too many") << "a range is several";
  // An array, a string and an object are told apart at once, however large each is.
  const json list = any_of(250, {{"type", "null"}});
  const json two = {
      {"anyOf", {tuple({{"enum", json(std::vector<int>(250))}}), {{"type", "string"}}, object_of({{"a", list}})}}};
  EXPECT_EQ(ambiguity(two), "clear");
  json nested = {{"type", "null"}};
  for (int i = 0; i < 4; ++i) nested = any_of(3, tuple(nested));
  EXPECT_EQ(ambiguity(nested), "clear") << "3 to the 4th";
  json definitions = json::object();
  definitions["d0"] = {{"type", "null"}};
  for (int i = 0; i < 9; ++i)
    definitions[fmt::format("d{}", i + 1)] = any_of(2, tuple({{"$ref", fmt::format("#/$defs/d{}", i)}}));
  EXPECT_EQ(ambiguity({{"$defs", definitions}, {"type", "null"}}), "too many") << "2 to the 9th";
}

TEST(SchemaAmbiguity, GrowsWithoutEndInWhatIsWithinItself) {
  const auto within = [](const json& node) {
    return json{{"$defs", {{"n", node}}}, {"anyOf", {{{"$ref", "#/$defs/n"}}}}};
  };
  const json self = {{"$ref", "#/$defs/n"}};
  EXPECT_EQ(ambiguity(within({{"anyOf", {tuple(self), tuple(self)}}})), "too many");
  EXPECT_EQ(ambiguity(within({{"anyOf", {tuple(self), {{"type", "null"}}}}})), "clear");
  EXPECT_EQ(ambiguity(within(object_of({{"left", self}, {"right", self}}))), "clear");
  // As expressions are written: by a kind that comes first.
  const auto kind = [&](const char* name, const char* property) {
    json object = object_of({{"kind", {{"const", name}}}, {property, self}});
    object["required"] = {"kind", property};
    return object;
  };
  EXPECT_EQ(ambiguity(within({{"anyOf", {kind("not", "of"), kind("and", "both")}}})), "clear");
  EXPECT_EQ(ambiguity(within({{"anyOf", {kind("not", "of"), kind("not", "both")}}})), "too many");
}

TEST(SchemaAmbiguity, FollowsReferencesToTheWhole) {
  const json self = {{"$ref", "#"}};
  EXPECT_EQ(ambiguity({{"anyOf", {tuple(self), tuple(self)}}}), "too many");
  EXPECT_EQ(ambiguity({{"anyOf", {tuple(self), {{"type", "null"}}}}}), "clear");
  EXPECT_EQ(ambiguity(object_of({{"left", self}, {"right", self}})), "clear");
}

TEST(SchemaAmbiguity, LooksIntoEachAlternativeOnce) {
  json nested = json::object();
  for (int i = 0; i < 28; ++i) nested = any_of(1, nested);
  const std::clock_t start = std::clock();
  EXPECT_EQ(ambiguity(nested), "clear");
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 1);
}

TEST(SchemaAmbiguity, FollowsDefinitions) {
  json definitions = json::object();
  definitions["c"] = any_of(7, tuple({{"type", "null"}}));
  definitions["b"] = any_of(7, tuple({{"$ref", "#/$defs/c"}}));
  definitions["a"] = any_of(7, tuple({{"$ref", "#/$defs/b"}}));
  EXPECT_EQ(ambiguity({{"$defs", definitions}, {"type", "null"}}), "too many");
  definitions.erase("a");
  EXPECT_EQ(ambiguity({{"$defs", definitions}, {"type", "null"}}), "clear");
}

}  // namespace
}  // namespace minions::llama
