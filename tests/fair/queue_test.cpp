#include "fair/queue.h"

#include <gtest/gtest.h>

#include <memory>

namespace minions::fair {
namespace {

std::string drain(Queue<char>& queue) {
  std::string order;
  while (const auto item = queue.pop()) order += *item;
  return order;
}

TEST(Queue, KeepsTheOrderOfOneOwner) {
  Queue<char> queue;
  for (const char item : {'a', 'b', 'c'}) queue.push("one", item);
  EXPECT_EQ(drain(queue), "abc");
}

TEST(Queue, ServesOwnersInTurn) {
  Queue<char> queue;
  for (const char item : {'a', 'b', 'c', 'd'}) queue.push("busy", item);
  queue.push("second", 'x');
  queue.push("third", 'y');
  queue.push("second", 'z');
  EXPECT_EQ(drain(queue), "axybzcd");
}

TEST(Queue, AnOwnerWhoComesLateIsNextAfterThoseWhoWait) {
  Queue<char> queue;
  for (const char item : {'a', 'b', 'c'}) queue.push("busy", item);
  EXPECT_EQ(queue.pop(), 'a');
  queue.push("late", 'x');
  EXPECT_EQ(drain(queue), "bxc");
}

TEST(Queue, WhatIsPutBackIsTheOwnersNextAfterAllOthers) {
  Queue<char> queue;
  for (const char item : {'a', 'b', 'c'}) queue.push("busy", item);
  queue.push("late", 'x');
  const auto item = queue.pop();
  queue.push_first("busy", item.value_or('?'));
  EXPECT_EQ(drain(queue), "xabc");
  queue.push_first("new", 'n');
  EXPECT_TRUE(queue.has_owner([](const std::string& owner) { return owner == "new"; }));
  EXPECT_FALSE(queue.has_owner([](const std::string& owner) { return owner == "busy"; }));
}

TEST(Queue, PassesOverAnOwnerWhoMayNot) {
  Queue<char> queue;
  for (const char item : {'a', 'b'}) queue.push("busy", item);
  queue.push("other", 'x');
  const auto not_busy = [](const std::string& owner) { return owner != "busy"; };
  EXPECT_EQ(queue.pop_if(not_busy), 'x');
  EXPECT_EQ(queue.pop_if(not_busy), std::nullopt);
  EXPECT_EQ(drain(queue), "ab");
}

TEST(Queue, TakesOutWhatIsNotWantedAnyMore) {
  Queue<std::unique_ptr<int>> queue;
  for (const int item : {1, 2, 3, 4}) queue.push(item % 2 == 0 ? "even" : "odd", std::make_unique<int>(item));
  const auto out = queue.extract_if([](const auto& item) { return *item != 3; });
  EXPECT_EQ(out.size(), 3U);
  EXPECT_EQ(**queue.pop(), 3);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.pop(), std::nullopt);
}

}  // namespace
}  // namespace minions::fair
