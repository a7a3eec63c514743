#include "models/places.h"

#include <gtest/gtest.h>

#include <thread>

namespace minions::models {
namespace {

TEST(Places, WhoComesTooLateWaits) {
  Places places(2);
  auto first = places.take({});
  const auto second = places.take({});
  std::shared_ptr<void> third;
  {
    const std::jthread waiting([&] { third = places.take({}); });
    first.reset();
  }
  EXPECT_NE(second, nullptr);
  EXPECT_NE(third, nullptr);
}

TEST(Places, WhoWaitsCanBeStopped) {
  Places places(1);
  const auto taken = places.take({});
  std::stop_source stop;
  std::shared_ptr<void> late = taken;
  {
    const std::jthread waiting([&] { late = places.take(stop.get_token()); });
    stop.request_stop();
  }
  EXPECT_EQ(late, nullptr);
}

}  // namespace
}  // namespace minions::models
