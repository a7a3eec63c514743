#include "backend/fair_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>

namespace minions::backend {
namespace {

using namespace std::chrono_literals;

// Work that tells its name when it starts, and may wait to be let go.
class Log {
 public:
  std::function<void()> named(char name) {
    return [this, name] { add(name); };
  }
  std::function<void()> held(char name) {
    return [this, name] {
      add(name);
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return let_go_; });
    };
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }
  // Once so many have started.
  std::string wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return started_.size() >= count; })) << started_;
    return started_;
  }

 private:
  void add(char name) {
    const std::lock_guard lock(mutex_);
    started_ += name;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string started_;
  bool let_go_ = false;
};

TEST(FairPool, OwnersAreServedInTurn) {
  Log log;
  FairPool pool(1);
  pool.post("busy", log.held('a'));
  for (const char name : {'b', 'c', 'd'}) pool.post("busy", log.named(name));
  pool.post("other", log.named('x'));
  log.let_go();
  EXPECT_EQ(log.wait_for(5), "abxcd");
}

TEST(FairPool, AnOwnerLeavesAThreadToOthers) {
  Log log;
  FairPool pool(4);
  for (const char name : {'a', 'b', 'c'}) pool.post("busy", log.held(name));
  EXPECT_EQ(log.wait_for(2).size(), 2U);
  pool.post("other", log.named('x'));
  EXPECT_NE(log.wait_for(3).find('x'), std::string::npos) << "the third of one owner ran before the other's first";
  log.let_go();
  EXPECT_NE(log.wait_for(4).find('c'), std::string::npos);
}

TEST(FairPool, DoesAllWorkBeforeItGoes) {
  Log log;
  {
    FairPool pool(2);
    for (int i = 0; i < 20; ++i) pool.post(i % 3 == 0 ? "one" : "two", log.named('.'));
  }
  EXPECT_EQ(log.wait_for(20).size(), 20U);
}

}  // namespace
}  // namespace minions::backend
