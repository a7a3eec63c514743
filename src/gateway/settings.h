// What the operator decides about a gateway.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "session/padding.h"
#include "session/session_table.h"

namespace minions::gateway {

struct RateLimit {
  double per_second;
  double burst;
};

struct Settings {
  session::SessionLimits sessions;
  std::uint32_t idle_s = 900;
  std::uint32_t max_s = 3600;
  std::uint32_t max_streams = 64;
  std::uint64_t max_request_bytes = 75'497'472;                 // sealed body of one request
  std::uint64_t max_unfinished_bytes = std::uint64_t{1} << 30;  // of all requests whose end has not come
  session::PaddingMode padding = session::PaddingMode::kTick;
  std::uint32_t tick_ms = 40;

  // A body has 30 s and one more for each 256 KiB that came; a reply's reader may stall so long; a model may be silent
  // so long.
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds write_stall{30'000};
  std::chrono::milliseconds model_time{600'000};
  std::chrono::milliseconds attestation_time{10'000};

  // Each for one address. The loopback and configured proxies are never limited themselves.
  RateLimit handshakes{10, 200};
  RateLimit attestations{10, 200};
  RateLimit failures{20, 400};
  // For one API key: 0 is no limit.
  double key_requests_per_minute = 0;
  std::size_t key_concurrent_requests = 64;

  std::vector<std::string> trusted_proxies;  // addresses whose X-Forwarded-For names the client
  std::optional<std::string> replica;        // for the cookie that a plain nginx routes on
};

}  // namespace minions::gateway
