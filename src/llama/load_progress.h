// Logs occasionally how far a long loading step has come.
#pragma once

#include <chrono>
#include <stop_token>

#include "base/log.h"

namespace minions::llama {

class LoadProgress {
 public:
  // step: a word of the program.
  template <std::size_t N>
  void report(const char (&step)[N], double done) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < kInterval) return;
    last_ = now;
    log::info("model_loading", {{"step", step}, {"percent", static_cast<int>(done * 100)}});
  }

 private:
  static constexpr std::chrono::seconds kInterval{3};
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// The same for a step that can be aborted.
class StoppableProgress {
 public:
  explicit StoppableProgress(std::stop_token stop) : stop_(std::move(stop)) {}

  // False: the step must end.
  template <std::size_t N>
  bool report(const char (&step)[N], double done) {
    progress_.report(step, done);
    return !stop_.stop_requested();
  }

 private:
  LoadProgress progress_;
  std::stop_token stop_;
};

}  // namespace minions::llama
