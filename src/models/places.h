// A bounded number of places, taken by whoever waits.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>

namespace minions::models {

class Places {
 public:
  explicit Places(std::size_t count) : free_(count) {}
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  // A place, which goes back with its last owner; the places outlive it. Null: stopped while it waited.
  [[nodiscard]] std::shared_ptr<void> take(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait(lock, stop, [this] { return free_ > 0; })) return nullptr;
    --free_;
    return {this, [this](void*) { give_back(); }};
  }

 private:
  void give_back() {
    {
      const std::lock_guard lock(mutex_);
      ++free_;
    }
    freed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::size_t free_;
};

}  // namespace minions::models
