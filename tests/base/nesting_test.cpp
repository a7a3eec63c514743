#include "base/nesting.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace minions {
namespace {

TEST(Nesting, OfJsonIsThatOfBracketsOutsideOfStrings) {
  EXPECT_FALSE(json_nests_deeper(R"([[1],[2],{"a":[3]}])", 3));
  EXPECT_TRUE(json_nests_deeper(R"([[1],[2],{"a":[3]}])", 2));
  EXPECT_FALSE(json_nests_deeper(R"(["[[[[\"[[[[\\"])", 1));
  EXPECT_TRUE(json_nests_deeper(std::string(100'000, '['), 100));
  EXPECT_FALSE(json_nests_deeper("]]]]", 0));
}

TEST(Nesting, AnyJsonIsReadToABoundAlone) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(100)).is_array());
  EXPECT_TRUE(parse_json(nested(300'000)).is_discarded());
  EXPECT_TRUE(parse_json("[1").is_discarded());
  EXPECT_EQ(parse_json("7"), 7);
}

TEST(Nesting, OfTomlIsThatOfDotsInKeys) {
  const auto line = [](std::string_view text) { return line_of_deep_toml_key(text, 2); };
  EXPECT_EQ(line("a.b.c = 1\n[a.b.c]\n"), std::nullopt);
  EXPECT_EQ(line("a = 1\na.b.c.d = 1\n"), 2U);
  EXPECT_EQ(line("[a . b.\"c.c.c\".d]"), 1U);
  EXPECT_EQ(line("x = { a.b.c.d = 1 }"), 1U);
  EXPECT_EQ(line("x = [1.5, 2.5, 3.5, 4.5]\ny = \"a.b.c.d.e\" # a.b.c.d.e\nz = 'a.b.c.d\\'\n"), std::nullopt);
  EXPECT_EQ(line("x = \"\"\"\na.b.c.d\n\\\"\"\"\" \n'''a.b.c.d'''\na.b.c.d=1"), 5U);
  EXPECT_EQ(line("\"never closed\na.b.c.d = 1"), 2U);
}

}  // namespace
}  // namespace minions
