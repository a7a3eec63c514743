// How long a collection waits for a busy platform: firmware throttles, and devices take one request at a time.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "base/result.h"

namespace minions::attester {

struct RetryPolicy {
  int attempts = 8;                           // in all
  std::chrono::milliseconds first_pause{50};  // doubled each time: 6.3 s over all attempts
  std::function<void(std::chrono::milliseconds)> pause = [](std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
  };
};

// Retries while the answer is kBusy. Returns the last answer, whatever it is.
template <class Ask>
[[nodiscard]] auto with_retries(const RetryPolicy& policy, const Ask& ask) -> decltype(ask()) {
  std::chrono::milliseconds time = policy.first_pause;
  for (int attempt = 1;; ++attempt) {
    auto answer = ask();
    if (answer || answer.error().code != ErrorCode::kBusy || attempt >= policy.attempts) return answer;
    policy.pause(time);
    time *= 2;
  }
}

}  // namespace minions::attester
