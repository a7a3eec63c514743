#include "fair/share.h"

#include <gtest/gtest.h>

namespace minions::fair {
namespace {

std::size_t take_all(Share& share, std::string_view owner) {
  std::size_t taken = 0;
  while (share.take(owner)) ++taken;
  return taken;
}

TEST(Share, AnOwnerAloneHasHalfAndTheOthersLess) {
  Share share(128);
  EXPECT_EQ(take_all(share, "one"), 64U);
  EXPECT_EQ(take_all(share, "two"), 32U);
  EXPECT_EQ(take_all(share, "three"), 16U);
  EXPECT_TRUE(share.take("four"));
  share.give_back("one", 64);
  EXPECT_GT(take_all(share, "four"), 16U);
}

TEST(Share, WhoHoldsNothingHasTheLastOne) {
  Share one(1);
  EXPECT_EQ(take_all(one, "one"), 1U);
  EXPECT_FALSE(one.take("two"));
  one.give_back("one");
  EXPECT_TRUE(one.take("two"));
}

TEST(Share, CountsAmounts) {
  Share share(1000);
  EXPECT_FALSE(share.take("one", 1001));
  EXPECT_FALSE(share.take("one", UINT64_MAX));
  EXPECT_TRUE(share.take("one", 600));
  EXPECT_FALSE(share.take("one", 1));
  EXPECT_FALSE(share.take("two", 401));
  EXPECT_TRUE(share.take("two", 400));
  share.give_back("one", 600);
  EXPECT_TRUE(share.take("two", 100));
}

}  // namespace
}  // namespace minions::fair
