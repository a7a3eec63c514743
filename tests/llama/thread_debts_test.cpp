#include "llama/thread_debts.h"

#include <gtest/gtest.h>

#include <map>

namespace minions::llama {
namespace {

using std::chrono::milliseconds;
using Owners = ThreadDebts::Owners;

TEST(ThreadDebts, WhoTookTimeWaitsForAsLong) {
  ThreadDebts debts;
  const Owners both = {"costly", "other"};
  EXPECT_EQ(debts.next(both), both);
  debts.owe("costly", milliseconds(150));
  debts.pass(milliseconds(170), both);
  EXPECT_EQ(debts.next(both), Owners{"other"});
  debts.pass(milliseconds(40), {"other"});
  EXPECT_EQ(debts.next(both), Owners{"other"}) << "110 ms are more than the slack";
  debts.pass(milliseconds(20), {"other"});
  EXPECT_EQ(debts.next(both), both);
}

TEST(ThreadDebts, ALittleIsPassedOver) {
  ThreadDebts debts;
  debts.owe("one", ThreadDebts::kSlack);
  debts.owe("two", milliseconds(-5));
  EXPECT_EQ(debts.next({"one", "two"}), (Owners{"one", "two"}));
}

TEST(ThreadDebts, SomebodyAlwaysWorks) {
  ThreadDebts debts;
  debts.owe("one", milliseconds(900));
  debts.owe("two", milliseconds(500));
  EXPECT_EQ(debts.next({"one", "two"}), Owners{"two"});
  EXPECT_EQ(debts.next({"one"}), Owners{"one"});
  EXPECT_TRUE(debts.next({}).empty());
}

// However many take as much as they can, one that takes nothing has half of the time with one of them.
TEST(ThreadDebts, ShareTheThreadAmongThem) {
  ThreadDebts debts;
  std::map<std::string, int> rounds;
  milliseconds all{};
  milliseconds others{};
  const Owners owners = {"a", "b", "cheap"};
  for (int i = 0; i < 2'000; ++i) {
    milliseconds round(20);
    const Owners working = debts.next(owners);
    for (const std::string& owner : working) {
      ++rounds[owner];
      if (owner == "cheap") continue;
      debts.owe(owner, milliseconds(200));
      round += milliseconds(200);
      others += milliseconds(200);
    }
    all += round;
    debts.pass(round, working);
  }
  EXPECT_EQ(rounds["cheap"], 2'000);
  EXPECT_GT(rounds["a"], 100);
  EXPECT_NEAR(rounds["a"], rounds["b"], 10);
  EXPECT_LT(others, all * 7 / 10);
}

// Who works alone all day does not stand still once another comes.
TEST(ThreadDebts, AreOwedToThoseWhoAreThere) {
  ThreadDebts debts;
  const Owners two = {"a", "b"};
  for (int i = 0; i < 1'000; ++i) {
    for (const std::string& owner : debts.next(two)) debts.owe(owner, milliseconds(300));
    debts.pass(milliseconds(600), two);
  }
  const Owners three = {"a", "b", "late"};
  milliseconds waited{};
  while (debts.next(three) == Owners{"late"}) {
    debts.pass(milliseconds(20), {"late"});
    waited += milliseconds(20);
  }
  EXPECT_LE(waited, milliseconds(500));
}

TEST(ThreadDebts, AreForgottenWhereNobodyWaits) {
  ThreadDebts debts;
  debts.owe("one", milliseconds(900));
  debts.clear();
  EXPECT_EQ(debts.next({"one", "two"}), (Owners{"one", "two"}));
}

}  // namespace
}  // namespace minions::llama
