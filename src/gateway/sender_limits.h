// What each address and each API key may do, hold and send, and which limits were reached. Any thread.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "gateway/client_address.h"
#include "gateway/held_bytes.h"
#include "gateway/limits.h"
#include "gateway/metrics.h"
#include "gateway/rate_limiter.h"
#include "gateway/settings.h"
#include "net/http_exchange.h"
#include "net/permits.h"

namespace minions::gateway {

// One of the permits that an address may hold, or none if it has no limit: `limit` is in `over` if it already holds the
// maximum.
struct AddressPermit {
  std::optional<net::Permit> permit;
  std::optional<Limit> over;
};

// Both arguments must outlive it, and it must outlive every permit that it gives.
class SenderLimits {
 public:
  SenderLimits(const Settings& settings, Metrics& metrics);
  SenderLimits(const SenderLimits&) = delete;
  SenderLimits& operator=(const SenderLimits&) = delete;

  [[nodiscard]] const ClientAddresses& addresses() const { return addresses_; }

  // True if this address may proceed; takes a token of that limit: attestations, handshakes or failures.
  [[nodiscard]] bool allow(Limit limit, const net::HttpExchange& http);
  // A permit of the address: connections (behind a proxy), uploads, nonces or sessions.
  [[nodiscard]] AddressPermit acquire(Limit limit, const net::HttpExchange& http);
  // How many of those permits the address holds.
  [[nodiscard]] std::size_t held_by(Limit limit, const std::string& address) {
    return permits_of(limit).permits.held_by(address);
  }
  // The sender of a request until its API key is known. Nothing: it has no limit.
  [[nodiscard]] std::optional<Sender> address_sender(const net::HttpExchange& http);

  // True if this API key may send one more request in this minute.
  [[nodiscard]] bool allow_request(const std::string& key_name);
  // Nothing: the maximum of its requests is running.
  [[nodiscard]] std::optional<net::Permit> acquire_request(const std::string& key_name);

  [[nodiscard]] HeldBytes& held_bytes() { return held_bytes_; }

  // A limit was reached: counts it, and logs it occasionally.
  void hit(Limit limit);

 private:
  struct AddressPermits {
    net::Permits& permits;
    std::size_t most;
  };

  // The address that limits apply to: the peer's, or the one a trusted proxy names. Nothing for loopback and for a
  // proxy that names nobody. If the named address is unreadable, the proxy's own counts.
  [[nodiscard]] std::optional<std::string> limited_address(const net::HttpExchange& http);
  [[nodiscard]] RateLimiter& limiter_of(Limit limit);
  [[nodiscard]] AddressPermits permits_of(Limit limit);

  const Settings& settings_;
  Metrics& metrics_;
  const ClientAddresses addresses_;

  // By address.
  RateLimiter handshakes_;
  RateLimiter attestations_;
  RateLimiter failures_;
  net::Permits proxied_exchanges_;  // a proxy's connections count as its clients' while it has their requests
  net::Permits uploads_;
  net::Permits nonces_;
  net::Permits sessions_;
  // By API key.
  RateLimiter key_requests_;
  net::Permits key_running_;

  HeldBytes held_bytes_;
  LimitLog limit_log_;
  std::atomic<bool> unreadable_logged_ = false;
  std::atomic<bool> absent_logged_ = false;
};

}  // namespace minions::gateway
