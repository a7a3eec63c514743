// A bounded number of places, given to whoever waits for one: owners in turn, and where they are held for long, each no
// more than its share.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "models/fair_queue.h"
#include "models/fair_share.h"

namespace minions::models {

class Places {
 public:
  enum class Held { kBriefly, kLong };
  explicit Places(std::size_t count, Held held = Held::kBriefly) : held_(held), free_(count), share_(count) {}
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  // A place, which goes back with its last owner; the places outlive it. Null: stopped while it waited.
  [[nodiscard]] std::shared_ptr<void> take(std::string_view owner, const std::stop_token& stop) {
    const auto place = std::make_shared<Place>(*this, owner);  // before the lock: giving it back takes that, too
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
    Place(Places& given_of, std::string_view given_owner) : of(given_of), owner(given_owner) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (is_held) of.give_back(owner);
    }
    Places& of;
    const std::string owner;
    bool is_held = false;
  };

  void give_out() {
    while (free_ > 0) {
      const auto next =
          waiting_.pop_if([this](const std::string& owner) { return held_ == Held::kBriefly || share_.take(owner); });
      if (!next) return;
      (*next)->is_held = true;
      --waiting_count_;
      --free_;
      changed_.notify_all();
    }
  }
  void give_back(std::string_view owner) {
    const std::lock_guard lock(mutex_);
    ++free_;
    if (held_ == Held::kLong) share_.give_back(owner);
    give_out();
  }

  const Held held_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  FairQueue<Place*> waiting_;
  std::size_t waiting_count_ = 0;
  std::size_t free_;
  FairShare share_;
};

}  // namespace minions::models
