// The limits on senders, by name: in metrics, logs and unsealed errors.
#pragma once

#include <array>
#include <atomic>
#include <string_view>

#include "base/time.h"

namespace minions::gateway {

enum class Limit {
  kConnections,         // of the listener
  kAddressConnections,  // of one address; behind a trusted proxy its exchanges in progress
  kAddressAttestations,
  kAddressHandshakes,
  kAddressFailures,
  kAddressNonces,
  kAddressSessions,
  kKeySessions,
  kAddressUploads,
  kAddressBytes,
  kKeyBytes,
  kKeyRequestsPerMinute,
  kKeyConcurrentRequests,
  kSessionStreams,
  kWaitingNonces,
  kUnfinishedBytes,
  kSessions,
  kRequestBytes,
  kHandshakeBytes,
};
inline constexpr std::size_t kLimits = static_cast<std::size_t>(Limit::kHandshakeBytes) + 1;

// As the flag or the line of docs/operations.md names it: "address_connections".
[[nodiscard]] std::string_view name_of(Limit limit);

// Lets each limit be logged once a minute, so that a sender who reaches one cannot fill the log.
class LimitLog {
 public:
  [[nodiscard]] bool due(Limit limit, SteadyTime now);

 private:
  std::array<std::atomic<SteadyTime::rep>, kLimits> next_{};
};

}  // namespace minions::gateway
