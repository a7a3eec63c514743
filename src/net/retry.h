// When a request to an external service is worth another attempt, and after how long: one policy for all code that
// queries vendors' services, on the client's side and on the server's.
#pragma once

#include "net/fetch.h"

namespace minions::net {

struct RetryPolicy {
  int attempts = 3;                                // in all
  std::chrono::milliseconds first_wait{500};       // then twice as long each time
  std::chrono::milliseconds longest_wait{10'000};  // even if the service asks for a longer one
};

// Statuses 408, 429, 500, 502, 503 and 504, and a network failure: what may have passed by the next attempt.
[[nodiscard]] bool is_transient(const Result<FetchReply>& reply);

// Retry-After, in seconds or as a date (RFC 9110 section 10.2.3). A date counts from the reply's own Date, so that
// clocks may differ; from `now` if it has none. Nothing if it is missing or is neither.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(const FetchReply& reply,
                                                                   std::chrono::system_clock::time_point now);

// The attempts of one request.
class Retries {
 public:
  explicit Retries(const RetryPolicy& policy) : policy_(policy), next_wait_(policy.first_wait) {}

  // After an attempt: how long to wait for the next one; nothing if this answer is final, because it is no transient
  // failure, no attempt is left, or the wait would exceed the remaining time.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next(
      const Result<FetchReply>& reply, std::chrono::milliseconds left = std::chrono::milliseconds::max());

  // " after 3 attempts"; nothing after one.
  [[nodiscard]] std::string in_words() const;

 private:
  const RetryPolicy& policy_;
  std::chrono::milliseconds next_wait_;
  int attempts_ = 0;
};

}  // namespace minions::net
