#include "base/json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "support/paths.h"

namespace minions {
namespace {

TEST(StrictJson, TakesAnObjectWithUnknownKeys) {
  const auto object = parse_strict_json(R"({"a":1,"b":{"a":[1,{"a":2}]}})");
  ASSERT_TRUE(object);
  EXPECT_EQ(integer_member(*object, "a").value(), 1U);
}

TEST(StrictJson, RefusesWhatTheProtocolRefuses) {
  const std::string_view cases[] = {
      "",           "[]",         "1",          R"({"a":1,"a":2})", R"({"x":{"a":1,"\u0061":2}})",
      "{\"a\":1}x", "{\"a\":1,}", "{'a':1}",    "{\"a\":\"\xFF\"}", "\xEF\xBB\xBF{}",
      "-0",         "1e-0",       "{\"a\":01}", "{\"a\":NaN}",      "// c\n{}"};
  for (const std::string_view text : cases) EXPECT_FALSE(parse_strict_json(text)) << text;
  EXPECT_FALSE(parse_strict_json({}));
}

TEST(StrictJson, RefusesAKeyThatStandsTwiceHoweverManyThereAre) {
  for (const int keys : {1, 15, 16, 17, 40}) {
    std::string text;
    for (int i = 0; i < keys; ++i) text += (i == 0 ? "{\"" : ",\"") + std::to_string(i) + "\":{\"0\":0}";
    EXPECT_TRUE(parse_strict_json(text + "}")) << keys;
    EXPECT_FALSE(parse_strict_json(text + ",\"0\":1}")) << keys;
    EXPECT_FALSE(parse_strict_json(text + ",\"" + std::to_string(keys - 1) + "\":1}")) << keys;
  }
}

TEST(StrictJson, BoundsDepthAndSize) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 1; i < depth; ++i) text += "{\"a\":";
    text += "{}";
    text.append(static_cast<std::size_t>(depth - 1), '}');
    return text;
  };
  EXPECT_TRUE(parse_strict_json(nested(16)));
  EXPECT_FALSE(parse_strict_json(nested(17)));
  EXPECT_FALSE(parse_strict_json(nested(17 * 1000)));
  EXPECT_EQ(parse_strict_json("{\"a\":12}", {.bytes = 7}).error().code, ErrorCode::kTooLarge);
}

TEST(StrictJson, TakesIntegersOnlyAsIntegers) {
  const auto object = parse_strict_json(
      R"({"fraction":1.0,"exponent":1e3,"negative":-1,"text":"1","large":9007199254740992,"most":9007199254740991})");
  ASSERT_TRUE(object);
  for (const std::string_view name : {"fraction", "exponent", "negative", "text", "large", "absent"}) {
    EXPECT_FALSE(integer_member(*object, name)) << name;
  }
  EXPECT_EQ(integer_member(*object, "most").value(), 9007199254740991U);
}

TEST(StrictJson, RefusesNegativeZeroOutsideOfStrings) {
  for (const std::string_view text : {R"({"a":-0})", R"({"a":[1, -0 ]})", R"({"\"":-0,"b":1})"})
    EXPECT_FALSE(parse_strict_json(text)) << text;
  for (const std::string_view text : {R"({"a":"x: -0 "})", R"({"a":"\": -0"})", R"({"a":-0.5,"b":-01e1})",
                                      R"({"a":-0e1})", R"({"a":1e-05})", R"({"a":1E-0,"b":{"cost":9.5e-07}})"})
    EXPECT_EQ(parse_strict_json(text).has_value(), text.find("01e1") == text.npos) << text;
}

TEST(StrictJson, KeepsNumbersOfEachKind) {
  const auto object = parse_strict_json(R"({"u":18446744073709551615,"i":-9223372036854775808,"d":0.5,"z":null})");
  ASSERT_TRUE(object);
  EXPECT_EQ((*object)["u"], std::uint64_t{18446744073709551615U});
  EXPECT_EQ((*object)["i"], std::int64_t{-9223372036854775807} - 1);
  EXPECT_EQ((*object)["d"], 0.5);
  EXPECT_TRUE((*object)["z"].is_null());
  EXPECT_FALSE(parse_strict_json(R"({"u":18446744073709551616})"));
}

TEST(RawMember, GivesTheBytesOfUsageThatTheVectorsSign) {
  std::ifstream file(test::vectors_folder() / "smp2.json");
  const Json vectors = Json::parse(file);
  ASSERT_FALSE(vectors["usage_bytes"].empty());
  for (const Json& vector : vectors["usage_bytes"]) {
    const auto trailer = vector["trailer"].get<std::string>();
    ASSERT_TRUE(parse_strict_json(trailer));
    EXPECT_EQ(to_hex(as_bytes(raw_member(trailer, "usage").value_or(""))), vector["usage"]) << trailer;
  }
}

TEST(JsonQuoted, EscapesAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json_quoted("a\"b\n"), R"("a\"b\n")");
  EXPECT_EQ(json_quoted("\xFF"), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace minions
