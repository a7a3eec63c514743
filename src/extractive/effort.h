// The limit on the work for one answer of the extractive engine: a schema of a few KB can ask for more time or memory
// than there is, and its sender may have left.
#pragma once

#include <cstdint>
#include <functional>

namespace minions::extractive {

class Effort {
 public:
  // A step is about one byte read, a few nanoseconds.
  static constexpr std::uint64_t kSteps = 256'000'000;
  static constexpr std::uint64_t kStepsOfAnItem = 64;      // a value of a schema, a word in a table
  static constexpr std::uint64_t kStepsOfACopy = 64;       // a kept byte: 4 MB in an answer
  static constexpr std::uint64_t kStepsToAsk = 4'000'000;  // between two calls that ask whether to continue

  explicit Effort(const std::function<bool()>& go_on) : go_on_(go_on) {}

  // False: the steps are used up, or nobody waits for the answer; it stays false.
  [[nodiscard]] bool spend(std::uint64_t steps) {
    left_ = steps < left_ ? left_ - steps : 0;
    unasked_ += steps;
    if (left_ > 0 && unasked_ >= kStepsToAsk) {
      unasked_ = 0;
      if (!go_on_()) left_ = 0;
    }
    return left_ > 0;
  }
  [[nodiscard]] bool spend_items(std::uint64_t items) { return spend(items * kStepsOfAnItem); }
  [[nodiscard]] bool spend_copy(std::uint64_t bytes) { return spend(bytes * kStepsOfACopy); }
  [[nodiscard]] bool is_spent() const { return left_ == 0; }

 private:
  const std::function<bool()>& go_on_;
  std::uint64_t left_ = kSteps;
  std::uint64_t unasked_ = kStepsToAsk;  // the first time at once
};

}  // namespace minions::extractive
