// Lets one call of an object in, and refuses others meanwhile.
#pragma once

#include <atomic>

namespace minions::api {

class OneAtATime {
 public:
  explicit OneAtATime(std::atomic<bool>& busy) : busy_(busy), is_in_(!busy.exchange(true)) {}
  ~OneAtATime() {
    if (is_in_) busy_ = false;
  }
  OneAtATime(const OneAtATime&) = delete;
  OneAtATime& operator=(const OneAtATime&) = delete;

  [[nodiscard]] bool is_in() const { return is_in_; }

 private:
  std::atomic<bool>& busy_;
  const bool is_in_;
};

}  // namespace minions::api
