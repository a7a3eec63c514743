#include "fair/places.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace minions::fair {
namespace {

void wait_for_waiting(const Places& places, std::size_t count) {
  while (places.waiting() < count) std::this_thread::yield();
}

TEST(Places, WhoComesTooLateWaits) {
  Places places(2);
  auto first = places.take("a", {});
  const auto second = places.take("a", {});
  EXPECT_NE(second, nullptr);
  std::atomic<bool> is_in = false;
  const std::jthread third([&] {
    const auto place = places.take("b", {});
    is_in = true;
  });
  wait_for_waiting(places, 1);
  EXPECT_FALSE(is_in);
  first.reset();
}

// However many one asks for, another finds one.
TEST(Places, AreSharedWhereTheyAreHeldForLong) {
  Places places(3, Places::Held::kLong);
  std::vector<std::shared_ptr<void>> held = {places.take("a", {}), places.take("a", {})};
  std::stop_source stop;
  std::shared_ptr<void> one_more;
  std::jthread third([&] { one_more = places.take("a", stop.get_token()); });
  wait_for_waiting(places, 1);
  held.push_back(places.take("b", {}));
  EXPECT_NE(held.back(), nullptr);
  held.erase(held.begin());
  EXPECT_EQ(places.waiting(), 1U) << "the last free one is for who holds none";
  held.erase(held.begin());
  third.join();
  EXPECT_NE(one_more, nullptr);
}

TEST(Places, WhoWaitsCanBeStopped) {
  Places places(1);
  auto taken = places.take("a", {});
  std::stop_source stop;
  std::shared_ptr<void> late = taken;
  {
    const std::jthread waiting([&] { late = places.take("b", stop.get_token()); });
    wait_for_waiting(places, 1);
    stop.request_stop();
  }
  EXPECT_EQ(late, nullptr);
  EXPECT_EQ(places.waiting(), 0U);
  taken.reset();
  EXPECT_NE(places.take("c", {}), nullptr) << "nobody waits in front any more";
}

TEST(Places, OwnersAreServedInTurn) {
  Places places(1);
  auto taken = places.take("busy", {});
  std::mutex mutex;
  std::string order;
  std::vector<std::jthread> threads;
  for (const std::string owner : {"busy", "busy", "busy", "other"}) {
    threads.emplace_back([&, owner] {
      const auto place = places.take(owner, {});
      const std::lock_guard lock(mutex);
      order += owner[0];
    });
    wait_for_waiting(places, threads.size());  // one behind the other
  }
  taken.reset();
  threads.clear();
  EXPECT_EQ(order, "bobb");
}

}  // namespace
}  // namespace minions::fair
