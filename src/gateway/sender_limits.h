// What each address and each API key may do, hold and send, and that somebody has run into a limit. Any thread.
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

// One of those that an address may hold, or none where it has no limit: `limit` is in `over` if it holds as many.
struct AddressPermit {
  std::optional<net::Permit> permit;
  std::optional<Limit> over;
};

// Both arguments must outlive it, and it every permit that it gives.
class SenderLimits {
 public:
  SenderLimits(const Settings& settings, Metrics& metrics);
  SenderLimits(const SenderLimits&) = delete;
  SenderLimits& operator=(const SenderLimits&) = delete;

  [[nodiscard]] const ClientAddresses& addresses() const { return addresses_; }

  // True if this address may go on; takes a token of that limit: attestations, handshakes or failures.
  [[nodiscard]] bool allow(Limit limit, const net::HttpExchange& http);
  // A permit of the address: connections (behind a proxy), uploads, nonces or sessions.
  [[nodiscard]] AddressPermit acquire(Limit limit, const net::HttpExchange& http);
  // How many of those permits the address holds.
  [[nodiscard]] std::size_t held_by(Limit limit, const std::string& address) {
    return permits_of(limit).permits.held_by(address);
  }
  // Who a request is from until its API key is known. Nothing: it has no limit.
  [[nodiscard]] std::optional<Sender> address_sender(const net::HttpExchange& http);

  // True if this API key may ask once more in this minute.
  [[nodiscard]] bool allow_request(const std::string& key_name);
  // Nothing: as many of its requests are running as may.
  [[nodiscard]] std::optional<net::Permit> acquire_request(const std::string& key_name);

  [[nodiscard]] HeldBytes& held_bytes() { return held_bytes_; }

  // Somebody has run into it: counts it, and logs it now and then.
  void hit(Limit limit);

 private:
  struct AddressPermits {
    net::Permits& permits;
    std::size_t most;
  };

  // The address that limits go by: the peer's, or what a trusted proxy says of it. Nothing for the loopback and for a
  // proxy that names nobody. Where it names nobody that can be read, its own address counts.
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
  net::Permits proxied_exchanges_;  // a proxy's connections are its clients' while it has their requests
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
