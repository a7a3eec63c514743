// A bounded number of places, given to waiting owners in turn; if places are held for long, no owner gets more than its
// share.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "fair/queue.h"
#include "fair/share.h"

namespace minions::fair {

class Places {
 public:
  enum class Held { kBriefly, kLong };
  explicit Places(std::size_t count, Held held = Held::kBriefly) : held_(held), free_(count), share_(count) {}
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  // A place, which is returned when its last owner lets go; the places outlive it. Null: stopped while waiting.
  [[nodiscard]] std::shared_ptr<void> take(std::string_view owner, const std::stop_token& stop);
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Place;
  void give_out();  // with the lock
  void give_back(std::string_view owner);

  const Held held_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Queue<Place*> waiting_;
  std::size_t waiting_count_ = 0;
  std::size_t free_;
  Share share_;
};

}  // namespace minions::fair
