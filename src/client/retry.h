// When a failed attempt may be repeated automatically (docs/protocol.md section 7). Decides from facts; sends nothing.
#pragma once

#include <array>
#include <chrono>
#include <optional>

#include "base/result.h"
#include "crypto/random.h"
#include "session/messages.h"

namespace minions::client {

// How far an attempt got before it failed.
enum class Reached {
  kNothingWritten,
  kWritten,     // the server may have the whole request
  kReplyBegun,  // a record of the reply was opened
  kDataGiven,   // and the sink has received data of it
};

struct AttemptFailure {
  Error error;
  Reached reached = Reached::kNothingWritten;
  std::optional<session::Alert> alert;
  std::optional<int> plain_status;  // an HTTP status without a sealed body: a hint only
};

// Whether to repeat a request that the server may have worked on although no answer was seen.
enum class RepeatUncertain { kOnce, kNever };

struct RetryOptions {
  RepeatUncertain uncertain = RepeatUncertain::kOnce;
  std::array<std::chrono::milliseconds, 3> backoff{std::chrono::seconds(1), std::chrono::seconds(2),
                                                   std::chrono::seconds(4)};
};

enum class RetryStep {
  kGiveUp,
  kAgain,                    // in the same session
  kWithNewStatement,         // attest, then a new session
  kUncertainlyInNewSession,  // the request may run twice
};

struct Retry {
  RetryStep step = RetryStep::kGiveUp;
  std::chrono::milliseconds wait{0};
};

// The attempts of one request. random outlives it.
class RetryRules {
 public:
  RetryRules(const RetryOptions& options, crypto::Random& random) : options_(options), random_(random) {}
  [[nodiscard]] Retry after(const AttemptFailure& failure);

 private:
  [[nodiscard]] std::chrono::milliseconds with_jitter(std::chrono::milliseconds wait);

  RetryOptions options_;
  crypto::Random& random_;
  std::size_t after_alert_ = 0;
  bool after_nothing_written_ = false;
  bool after_pin_ = false;
  bool after_uncertain_ = false;
};

}  // namespace minions::client
