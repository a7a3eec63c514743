#include "fair/places.h"

namespace minions::fair {

struct Places::Place {
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

std::shared_ptr<void> Places::take(std::string_view owner, const std::stop_token& stop) {
  const auto place = std::make_shared<Place>(*this, owner);  // before the lock: releasing it takes the lock too
  std::unique_lock lock(mutex_);
  waiting_.push(owner, place.get());
  ++waiting_count_;
  give_out();
  if (changed_.wait(lock, stop, [&] { return place->is_held; })) return place;
  static_cast<void>(waiting_.extract_if([&](const Place* one) { return one == place.get(); }));
  --waiting_count_;
  return nullptr;
}

std::size_t Places::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_count_;
}

void Places::give_out() {
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

void Places::give_back(std::string_view owner) {
  const std::lock_guard lock(mutex_);
  ++free_;
  if (held_ == Held::kLong) share_.give_back(owner);
  give_out();
}

}  // namespace minions::fair
