#include "gateway/held_bytes.h"

#include <gtest/gtest.h>

namespace minions::gateway {
namespace {

const Sender kAddress{Limit::kAddressBytes, "a", 100};
const Sender kKey{Limit::kKeyBytes, "a", 50};

TEST(HeldBytes, CountsEachSenderByItself) {
  HeldBytes held(1000);
  HeldBytes::Share one(held);
  HeldBytes::Share two(held);
  HeldBytes::Share other(held);
  EXPECT_FALSE(one.count_to(kAddress));
  EXPECT_FALSE(two.count_to(kAddress));
  EXPECT_FALSE(other.count_to(Sender{Limit::kAddressBytes, "b", 100}));
  EXPECT_FALSE(one.receive(60));
  EXPECT_FALSE(two.receive(40));
  EXPECT_EQ(two.receive(1), Limit::kAddressBytes);
  EXPECT_FALSE(other.receive(100));
  EXPECT_EQ(held.received_from(Limit::kAddressBytes, "a"), 100U);
}

TEST(HeldBytes, GivesBackWhatGoes) {
  HeldBytes held(100);
  {
    HeldBytes::Share gone(held);
    EXPECT_FALSE(gone.count_to(kAddress));
    EXPECT_FALSE(gone.receive(100));
    EXPECT_FALSE(gone.keep(100));
  }
  EXPECT_EQ(held.received_from(Limit::kAddressBytes, "a"), 0U);
  EXPECT_EQ(held.kept(), 0U);
}

TEST(HeldBytes, GoesToTheKeyWithWhatHasCome) {
  HeldBytes held(1000);
  HeldBytes::Share share(held);
  EXPECT_FALSE(share.count_to(kAddress));
  EXPECT_FALSE(share.receive(40));
  EXPECT_FALSE(share.count_to(kKey));
  EXPECT_EQ(held.received_from(Limit::kAddressBytes, "a"), 0U);
  EXPECT_EQ(held.received_from(Limit::kKeyBytes, "a"), 40U) << "a key has the name of an address";
  EXPECT_EQ(share.receive(11), Limit::kKeyBytes);
  HeldBytes::Share second(held);
  EXPECT_FALSE(second.count_to(kAddress));
  EXPECT_FALSE(second.receive(20));
  EXPECT_EQ(second.count_to(kKey), Limit::kKeyBytes);
  EXPECT_EQ(held.received_from(Limit::kAddressBytes, "a"), 20U) << "it stays with whom it was";
}

TEST(HeldBytes, OnlyWhatIsKeptCountsAgainstAll) {
  HeldBytes held(100);
  HeldBytes::Share filler(held);
  HeldBytes::Share data(held);
  EXPECT_FALSE(filler.receive(1'000'000)) << "a sender without limit";
  EXPECT_FALSE(data.keep(100));
  EXPECT_EQ(data.keep(1), Limit::kUnfinishedBytes);
  EXPECT_EQ(held.kept(), 100U);
}

TEST(HeldBytes, TakesNumbersNearTheEndOfTheirRange) {
  HeldBytes held(100);
  HeldBytes::Share share(held);
  EXPECT_FALSE(share.count_to(kAddress));
  EXPECT_FALSE(share.receive(1));
  EXPECT_EQ(share.receive(~std::uint64_t{0}), Limit::kAddressBytes);
  EXPECT_EQ(share.keep(~std::uint64_t{0}), Limit::kUnfinishedBytes);
}

TEST(LimitLog, IsDueOnceAMinuteForEachLimit) {
  using namespace std::chrono_literals;
  LimitLog log;
  const SteadyTime start{1000s};
  EXPECT_TRUE(log.due(Limit::kSessions, start));
  EXPECT_FALSE(log.due(Limit::kSessions, start + 59s));
  EXPECT_TRUE(log.due(Limit::kKeyBytes, start + 59s));
  EXPECT_TRUE(log.due(Limit::kSessions, start + 60s));
}

}  // namespace
}  // namespace minions::gateway
