// A task beside work that blocks: who waits for whom, and what comes first.
#include "net/blocking.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>

namespace minions::net {
namespace {

TEST(OnOwnThread, LetsOtherTasksGoOnMeanwhile) {
  asio::io_context context;
  const Executor executor = context.get_executor();
  std::latch told(1);
  bool other_ran = false;
  const auto task = [&]() -> Task<int> {
    asio::post(executor, [&] {
      other_ran = true;
      told.count_down();
    });
    co_await on_own_thread(executor, [&] { told.wait(); });
    co_return 7;
  };
  EXPECT_EQ(run_until_done(context, task()), 7);
  EXPECT_TRUE(other_ran);
}

TEST(OnOwnThread, GoesOnAfterAllThatTheWorkPosted) {
  asio::io_context context;
  const Executor executor = context.get_executor();
  std::string pieces;
  const auto task = [&]() -> Task<std::string> {
    co_await on_own_thread(executor, [&] {
      for (const char piece : {'a', 'b', 'c'}) asio::post(executor, [&pieces, piece] { pieces += piece; });
    });
    co_return pieces;
  };
  EXPECT_EQ(run_until_done(context, task()), "abc");
}

// The work may have ended before the task waits for it.
TEST(OnOwnThread, MissesNoWorkThatEndsAtOnce) {
  for (int i = 0; i < 200; ++i) {
    asio::io_context context;
    std::atomic<int> runs = 0;
    const auto task = [&]() -> Task<int> {
      co_await on_own_thread(context.get_executor(), [&] { ++runs; });
      co_return runs.load();
    };
    ASSERT_EQ(run_until_done(context, task()), 1);
  }
}

}  // namespace
}  // namespace minions::net
