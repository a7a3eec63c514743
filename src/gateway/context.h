// What the endpoints share. The gateway owns it; everything in it may be used from any of the server's threads.
#pragma once

#include <atomic>
#include <map>

#include "gateway/api_keys.h"
#include "gateway/attestation_service.h"
#include "gateway/metrics.h"
#include "gateway/rate_limiter.h"
#include "models/backend.h"
#include "net/exchange.h"

namespace minions::gateway {

// How many requests each API key has running.
class RunningRequests {
 public:
  // One of them, until it goes.
  class Place {
   public:
    Place(RunningRequests& running, std::string name) : running_(&running), name_(std::move(name)) {}
    Place(Place&& other) noexcept : running_(std::exchange(other.running_, nullptr)), name_(std::move(other.name_)) {}
    Place& operator=(Place&& other) noexcept;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (running_ != nullptr) running_->leave(name_);
    }

   private:
    RunningRequests* running_;
    std::string name_;
  };
  // Nothing: the key has `limit` running already.
  [[nodiscard]] std::optional<Place> enter(const std::string& name, std::size_t limit);

 private:
  void leave(const std::string& name);

  std::mutex mutex_;
  std::map<std::string, std::size_t> running_;
};

struct Context {
  Context(const Settings& given, std::unique_ptr<AttestationService> service, std::shared_ptr<models::Backend> model,
          std::unique_ptr<ApiKeys> keys);

  const Settings settings;
  const std::unique_ptr<AttestationService> attestation;
  const std::shared_ptr<models::Backend> backend;
  const std::unique_ptr<ApiKeys> api_keys;  // null: open to everybody who can reach the listener
  session::SessionTable sessions;
  Metrics metrics;

  RateLimiter handshakes;
  RateLimiter attestations;
  RateLimiter failures;
  RateLimiter key_requests;
  RunningRequests key_running;
  std::atomic<std::uint64_t> unfinished_bytes = 0;
  std::atomic<bool> draining = false;

  // The address that limits go by: the peer's, or what a trusted proxy says of it. Nothing for the loopback and for a
  // proxy itself.
  [[nodiscard]] std::optional<std::string> limited_address(const net::Exchange& http) const;
  // True if this address may go on; takes a token.
  [[nodiscard]] bool allow(RateLimiter& limiter, const net::Exchange& http);
};

// A plain error: {"error":{"code":...}}. Hints that anyone on the path could forge; they hold no detail.
[[nodiscard]] net::Task<void> reply_plain_error(Context& context, net::Exchange& http, int status);

}  // namespace minions::gateway
