#include "base/text.h"

#include <gtest/gtest.h>

namespace minions {
namespace {

TEST(Trimmed, DropsWhatIsAskedAtBothEnds) {
  EXPECT_EQ(trimmed(" \t a b \r\n"), "a b");
  EXPECT_EQ(trimmed("\ta\n", kBlanks), "a\n");
  EXPECT_EQ(trimmed("\"a\"", "\""), "a");
  EXPECT_EQ(trimmed(" \f\n"), "");
  EXPECT_EQ(trimmed(""), "");
}

}  // namespace
}  // namespace minions
