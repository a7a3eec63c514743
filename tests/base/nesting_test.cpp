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

TEST(Nesting, OfTomlIsBoundedByTheDotsOfALine) {
  const auto line = [](std::string_view text) { return line_with_more_dots(text, 2); };
  EXPECT_EQ(line("a.b.c = 1\n[a.b.c]\nx = 1.5\n"), std::nullopt);
  EXPECT_EQ(line("a = 1\na.b.c.d = 1\n"), 2U);
  EXPECT_EQ(line("x = \"\"\"a\"\"\"\" # \\\na.b.c.d=1\n"), 2U) << "whatever the line before looks like";
  EXPECT_EQ(line("# a.b.c.d"), 1U);
  EXPECT_EQ(line(""), std::nullopt);
}

}  // namespace
}  // namespace minions
