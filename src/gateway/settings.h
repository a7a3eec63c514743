// What the operator configures for a gateway.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"
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
  std::uint64_t max_request_bytes = 75'497'472;  // sealed body of one request
  session::PaddingMode padding = session::PaddingMode::kTick;
  std::uint32_t tick_ms = 40;

  // A body gets 30 s and one more for each 256 KiB received; a reply's reader may stall that long; a model may be
  // silent that long.
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds write_stall{30'000};
  std::chrono::milliseconds model_time{600'000};
  std::chrono::milliseconds waiting_sign{5'000};  // of the model's silence, until a filler record says so, and again
  std::chrono::milliseconds attestation_time{10'000};

  // What is held for all, and what one sender may hold of it: an address (IPv6: a /64) until its API key is known, then
  // the key. Loopback and configured proxies are never limited themselves.
  std::uint64_t max_unfinished_bytes = std::uint64_t{1} << 30;  // of unfinished requests, kept for the model
  std::uint64_t address_bytes = std::uint64_t{256} << 20;       // sent in unfinished requests
  std::uint64_t key_bytes = std::uint64_t{256} << 20;           // the same
  std::size_t max_connections = 10'000;
  std::size_t address_connections = 256;
  std::size_t address_uploads = 64;  // unfinished requests
  std::size_t address_nonces = 64;   // from the question to the end of the reply
  std::size_t address_sessions = 2500;
  std::size_t key_sessions = 1000;

  // Each for one address.
  RateLimit handshakes{10, 200};
  RateLimit attestations{10, 200};
  RateLimit failures{20, 400};
  // For one API key: 0 is no limit.
  double key_requests_per_minute = 0;
  std::size_t key_concurrent_requests = 64;

  std::vector<net::AddressRange> trusted_proxies;  // their X-Forwarded-For names the client
  std::optional<std::string> replica;              // for the cookie that a plain nginx routes by
};

}  // namespace minions::gateway
