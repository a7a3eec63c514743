#include "client/retry.h"

#include "base/byte_io.h"

namespace minions::client {
namespace {

// Errors that another attempt can change. A key, a path or a size stays the same.
bool may_pass(session::AlertCode code) {
  switch (code) {
    case session::AlertCode::kOverloaded:
    case session::AlertCode::kBackendFailed:
    case session::AlertCode::kTimeout:
    case session::AlertCode::kCancelled:
    case session::AlertCode::kInternal: return true;
    case session::AlertCode::kTooLarge:
    case session::AlertCode::kUnauthorized:
    case session::AlertCode::kNotFound:
    case session::AlertCode::kBadRequest: return false;
  }
  return false;
}

bool is_reset(const AttemptFailure& failure) {
  return !failure.plain_status &&
         (failure.error.code == ErrorCode::kNetwork || failure.error.code == ErrorCode::kTruncated);
}

}  // namespace

Retry RetryRules::after(const AttemptFailure& failure) {
  if (failure.alert) {
    const bool repeatable = failure.alert->processed == session::Processed::kNo &&
                            failure.reached != Reached::kDataGiven && may_pass(failure.alert->code) &&
                            after_alert_ < options_.backoff.size();
    if (!repeatable) return {};
    return {RetryStep::kAgain, with_jitter(options_.backoff[after_alert_++])};
  }
  if (failure.reached == Reached::kNothingWritten) {
    // The session's statement does not list the connection's key: a newer statement may.
    if (failure.error.code == ErrorCode::kRefused && !std::exchange(after_pin_, true))
      return {RetryStep::kWithNewStatement, {}};
    if (failure.error.code == ErrorCode::kNetwork && !std::exchange(after_nothing_written_, true))
      return {RetryStep::kAgain, {}};
    return {};
  }
  const bool uncertain = failure.reached == Reached::kWritten && (failure.plain_status == 404 || is_reset(failure));
  if (!uncertain || options_.uncertain == RepeatUncertain::kNever || std::exchange(after_uncertain_, true)) return {};
  return {RetryStep::kUncertainlyInNewSession, {}};
}

// Plus or minus half.
std::chrono::milliseconds RetryRules::with_jitter(std::chrono::milliseconds wait) {
  const auto bytes = random_.bytes<4>();
  const auto share = static_cast<std::int64_t>(load_be<std::uint32_t>(bytes.data()));
  return wait / 2 + std::chrono::milliseconds(wait.count() * share >> 32);
}

}  // namespace minions::client
