// What the endpoints share. The gateway owns it; everything in it may be used from any of the server's threads.
#pragma once

#include <atomic>

#include "backend/backend.h"
#include "gateway/api_keys.h"
#include "gateway/attestation_service.h"
#include "gateway/client_address.h"
#include "gateway/held_bytes.h"
#include "gateway/metrics.h"
#include "gateway/rate_limiter.h"
#include "net/exchange.h"
#include "net/places.h"

namespace minions::gateway {

struct Context {
  Context(const Settings& given, std::unique_ptr<AttestationService> service, std::shared_ptr<backend::Backend> model,
          std::unique_ptr<ApiKeys> keys);

  const Settings settings;
  const std::unique_ptr<AttestationService> attestation;
  const std::shared_ptr<backend::Backend> backend;
  const std::unique_ptr<ApiKeys> api_keys;  // null: open to everybody who can reach the listener
  const ClientAddresses clients;
  Metrics metrics;

  // By address, but for the last two.
  RateLimiter handshakes;
  RateLimiter attestations;
  RateLimiter failures;
  net::Places proxied_exchanges;  // a proxy's connections are its clients' while it has their requests
  net::Places uploads;
  net::Places nonces;
  net::Places address_sessions;
  RateLimiter key_requests;
  net::Places key_running;
  HeldBytes held_bytes;
  session::SessionTable sessions;  // they hold places
  std::atomic<bool> draining = false;

  // The address that limits go by: the peer's, or what a trusted proxy says of it. Nothing for the loopback and for a
  // proxy that names nobody. Where it names nobody that can be read, its own address counts.
  [[nodiscard]] std::optional<std::string> limited_address(const net::Exchange& http);
  // True if this address may go on; takes a token of that limit: attestations, handshakes or failures.
  [[nodiscard]] bool allow(Limit limit, const net::Exchange& http);
  // Who a request is from until its API key is known. Nothing: it has no limit.
  [[nodiscard]] std::optional<Sender> address_sender(const net::Exchange& http);

  // Somebody has run into it: counts it, and logs it now and then.
  void hit(Limit limit);

 private:
  [[nodiscard]] RateLimiter& limiter_of(Limit limit);

  LimitLog limit_log_;
  std::atomic<bool> unreadable_logged_ = false;
  std::atomic<bool> absent_logged_ = false;
};

// One of those that an address may hold, or none where it has no limit: `limit` is in `over` if it holds as many.
struct AddressPlace {
  std::optional<net::Places::Place> place;
  std::optional<Limit> over;
};
[[nodiscard]] AddressPlace enter(Context& context, net::Places& places, Limit limit, const net::Exchange& http);

// A failure that is said without a seal.
struct PlainError {
  PlainError(int http_status) : status(http_status) {}  // NOLINT: most have nothing else
  PlainError(int http_status, Limit hit) : status(http_status), limit(hit) {}
  int status;
  std::optional<Limit> limit;  // that was reached
};

// A body that cannot be read: 408, 413 under `size`, or 400.
[[nodiscard]] PlainError body_error(const Error& error, Limit size);

// {"error":{"code":...}}, with "limit":NAME where one was reached, which it counts. Hints that anyone on the path could
// forge; they hold no detail.
[[nodiscard]] net::Task<void> reply_plain_error(Context& context, net::Exchange& http, PlainError error);

}  // namespace minions::gateway
