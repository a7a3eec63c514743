#include "llama/text_runs.h"

#include <gtest/gtest.h>

#include <string>

namespace minions::llama {
namespace {

std::string times(std::size_t count, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(TextRuns, AreOfBlanksOrOfWhatHasNone) {
  EXPECT_EQ(longest_run(""), 0U);
  EXPECT_EQ(longest_run("a bc  def"), 3U);
  EXPECT_EQ(longest_run("a \t\r\n\v\f b"), 7U);
  EXPECT_EQ(longest_run(times(50, "ab ")), 2U);
  EXPECT_EQ(longest_run(times(50, "\xE6\xB1\x89")), 150U);
}

// Unicode's blanks are blanks for the splitters, and no end of what has none.
TEST(TextRuns, GoOnOverBlanksOfAnyKind) {
  for (const char* blank :
       {"\u0085", "\u00A0", "\u1680", "\u2000", "\u2003", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"}) {
    const std::string_view one(blank);
    EXPECT_EQ(longest_run("x" + times(10, " " + std::string(one)) + "y"), 10 * (1 + one.size())) << blank;
    EXPECT_EQ(longest_run(times(10, "x" + std::string(one))), 10 * (1 + one.size())) << blank;
  }
  EXPECT_EQ(longest_run(times(10, " \u200B")), 3U) << "a zero width space is none";
  EXPECT_EQ(longest_run(" \xE2\x80"), 2U) << "a character that is cut";
}

}  // namespace
}  // namespace minions::llama
