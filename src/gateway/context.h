// What the endpoints share: the statement and its evidence, the limits of each client, and the sessions. Owned by the
// gateway; all of it may be used from any server thread.
#pragma once

#include <atomic>

#include "backend/backend.h"
#include "gateway/api_keys.h"
#include "gateway/attestation_service.h"
#include "gateway/metrics.h"
#include "gateway/sender_limits.h"
#include "net/http_exchange.h"

namespace minions::gateway {

struct Context {
  Context(const Settings& given, std::unique_ptr<AttestationService> service, std::shared_ptr<backend::Backend> model,
          std::unique_ptr<ApiKeys> keys);

  const Settings settings;
  const std::unique_ptr<AttestationService> attestation;
  const std::shared_ptr<backend::Backend> backend;
  const std::unique_ptr<ApiKeys> api_keys;  // null: open to anyone who can reach the listener
  Metrics metrics;
  SenderLimits senders;
  session::SessionTable sessions;  // they hold permits of senders
  std::atomic<bool> draining = false;
};

// A failure that is reported unsealed.
struct PlainError {
  PlainError(int http_status) : status(http_status) {}  // NOLINT: most have nothing else
  PlainError(int http_status, Limit hit) : status(http_status), limit(hit) {}
  int status;
  std::optional<Limit> limit;  // that was reached
};

// A body that cannot be read: 408, 413 under `size`, or 400.
[[nodiscard]] PlainError body_error(const Error& error, Limit size);

// {"error":{"code":...}}, with "limit":NAME if one was reached; counts that limit. Hints that anyone on the path could
// forge; they contain no detail.
[[nodiscard]] net::Task<void> reply_plain_error(Context& context, net::HttpExchange& http, PlainError error);

}  // namespace minions::gateway
