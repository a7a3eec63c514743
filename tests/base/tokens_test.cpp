#include "base/tokens.h"

#include <gtest/gtest.h>

#include <string>

namespace minions {
namespace {

TEST(Tokens, AreEstimatedHigh) {
  EXPECT_EQ(estimated_tokens(""), 0U);
  EXPECT_EQ(estimated_tokens("abc"), 1U);
  EXPECT_EQ(estimated_tokens("\xE4\xBD\xA0\xE5\xA5\xBD"), 3U);  // two characters of three bytes
  EXPECT_LT(least_tokens(std::string(800, 'x')), estimated_tokens(std::string(800, 'x')));
}

TEST(Tokens, AreEstimatedHighAndLow) {
  EXPECT_EQ(estimated_tokens("abcd"), 2U);
  EXPECT_EQ(estimated_tokens("\u00e4"), 1U);
  EXPECT_EQ(low_estimated_tokens("0123456789"), 2U);
  EXPECT_EQ(low_estimated_tokens("0123" + std::string(1000, ' ') + "56789"), 2U) << "a run of blanks is a token or two";
  EXPECT_EQ(low_estimated_tokens("Chapter 1" + std::string(1000, '.') + "5"), 2U);
  EXPECT_EQ(low_estimated_tokens("\u043c\u043e\u0441\u043a\u0432\u0430\u0431\u0433\u0434\u0435"), 2U)
      << "characters, not bytes";
  EXPECT_EQ(low_estimated_tokens("\u6da1\u8f6e\u673a\u8fbe"), 2U);
  EXPECT_EQ(low_estimated_tokens("\xE4"), 0U);
  EXPECT_EQ(least_tokens("01234567"), 1U);
  const std::string text = "The turbine at Falkenau reached an output of 412 megawatts in its first year.";
  EXPECT_LT(least_tokens(text), low_estimated_tokens(text));
  EXPECT_LT(low_estimated_tokens(text), estimated_tokens(text));
}

}  // namespace
}  // namespace minions
