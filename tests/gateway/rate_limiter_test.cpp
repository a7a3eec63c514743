#include "gateway/rate_limiter.h"

#include <gtest/gtest.h>

namespace minions::gateway {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{1000s};

TEST(RateLimiter, AllowsTheBurstAndNoMore) {
  RateLimiter limiter({1, 3});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.allow("a", kStart)) << i;
  EXPECT_FALSE(limiter.allow("a", kStart));
}

TEST(RateLimiter, FillsAgainWithTime) {
  RateLimiter limiter({2, 2});
  ASSERT_TRUE(limiter.allow("a", kStart));
  ASSERT_TRUE(limiter.allow("a", kStart));
  EXPECT_FALSE(limiter.allow("a", kStart + 499ms));
  EXPECT_TRUE(limiter.allow("a", kStart + 500ms));
  EXPECT_FALSE(limiter.allow("a", kStart + 501ms));
  // Never over the burst, however long it waits.
  EXPECT_TRUE(limiter.allow("a", kStart + 1h));
  EXPECT_TRUE(limiter.allow("a", kStart + 1h));
  EXPECT_FALSE(limiter.allow("a", kStart + 1h));
}

TEST(RateLimiter, CountsEachNameByItself) {
  RateLimiter limiter({1, 1});
  EXPECT_TRUE(limiter.allow("a", kStart));
  EXPECT_TRUE(limiter.allow("b", kStart));
  EXPECT_FALSE(limiter.allow("a", kStart));
}

TEST(RateLimiter, LookingTakesNoToken) {
  RateLimiter limiter({1, 1});
  EXPECT_TRUE(limiter.has_room("a", kStart));
  EXPECT_TRUE(limiter.has_room("a", kStart));
  EXPECT_TRUE(limiter.allow("a", kStart));
  EXPECT_FALSE(limiter.has_room("a", kStart));
}

TEST(RateLimiter, AFloodOfNamesDoesNotGrowItForEver) {
  RateLimiter limiter({1, 1});
  for (int i = 0; i < 70'000; ++i) EXPECT_TRUE(limiter.allow(std::to_string(i), kStart));
  EXPECT_TRUE(limiter.allow("0", kStart)) << "the buckets of the first names are still there";
}

}  // namespace
}  // namespace minions::gateway
