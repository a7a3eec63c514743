// A bounded number of places, given to whoever waits for one: owners in turn.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>

#include "models/fair_queue.h"

namespace minions::models {

class Places {
 public:
  explicit Places(std::size_t count) : free_(count) {}
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  // A place, which goes back with its last owner; the places outlive it. Null: stopped while it waited.
  [[nodiscard]] std::shared_ptr<void> take(std::string_view owner, const std::stop_token& stop) {
    const auto place = std::make_shared<Place>(*this);  // before the lock: giving it back takes that, too
    std::unique_lock lock(mutex_);
    waiting_.push(owner, place.get());
    ++waiting_count_;
    give_out();
    if (changed_.wait(lock, stop, [&] { return place->is_held; })) return place;
    static_cast<void>(waiting_.extract_if([&](const Place* one) { return one == place.get(); }));
    --waiting_count_;
    return nullptr;
  }
  [[nodiscard]] std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_count_;
  }

 private:
  struct Place {
    explicit Place(Places& given_of) : of(given_of) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (is_held) of.give_back();
    }
    Places& of;
    bool is_held = false;
  };

  void give_out() {
    while (free_ > 0) {
      const auto next = waiting_.pop();
      if (!next) return;
      (*next)->is_held = true;
      --waiting_count_;
      --free_;
      changed_.notify_all();
    }
  }
  void give_back() {
    const std::lock_guard lock(mutex_);
    ++free_;
    give_out();
  }

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  FairQueue<Place*> waiting_;
  std::size_t waiting_count_ = 0;
  std::size_t free_;
};

}  // namespace minions::models
