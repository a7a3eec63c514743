// Tells the log how far a long step of loading is, now and then.
#pragma once

#include <chrono>

#include "base/log.h"

namespace minions::models {

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

}  // namespace minions::models
