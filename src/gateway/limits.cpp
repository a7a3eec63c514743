#include "gateway/limits.h"

namespace minions::gateway {
namespace {

constexpr std::chrono::minutes kLogPause{1};

}  // namespace

std::string_view name_of(Limit limit) {
  switch (limit) {
    case Limit::kConnections: return "connections";
    case Limit::kAddressConnections: return "address_connections";
    case Limit::kAddressAttestations: return "address_attestations";
    case Limit::kAddressHandshakes: return "address_handshakes";
    case Limit::kAddressFailures: return "address_failures";
    case Limit::kAddressNonces: return "address_nonces";
    case Limit::kAddressSessions: return "address_sessions";
    case Limit::kKeySessions: return "key_sessions";
    case Limit::kAddressUploads: return "address_uploads";
    case Limit::kAddressBytes: return "address_bytes";
    case Limit::kKeyBytes: return "key_bytes";
    case Limit::kKeyRequestsPerMinute: return "key_requests_per_minute";
    case Limit::kKeyConcurrentRequests: return "key_concurrent_requests";
    case Limit::kSessionStreams: return "session_streams";
    case Limit::kWaitingNonces: return "waiting_nonces";
    case Limit::kUnfinishedBytes: return "unfinished_bytes";
    case Limit::kSessions: return "sessions";
    case Limit::kRequestBytes: return "request_bytes";
    case Limit::kHandshakeBytes: return "handshake_bytes";
  }
  return "none";
}

bool LimitLog::due(Limit limit, SteadyTime now) {
  auto& next = next_[static_cast<std::size_t>(limit)];
  SteadyTime::rep expected = next.load(std::memory_order_relaxed);
  if (now.time_since_epoch().count() < expected) return false;
  // Of several threads at the same moment only one logs.
  return next.compare_exchange_strong(expected, (now + kLogPause).time_since_epoch().count(),
                                      std::memory_order_relaxed);
}

}  // namespace minions::gateway
