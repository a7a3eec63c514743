#include "gateway/context.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/address.h"

namespace minions::gateway {
namespace {

std::string_view plain_code(int status) {
  switch (status) {
    case 400: return "malformed";
    case 404: return "unknown_session";
    case 405: return "method";
    case 408: return "timeout";
    case 409: return "replayed";
    case 413: return "too_large";
    case 421: return "stale_statement";
    case 429: return "busy";
    case 503: return "draining";
    default: return "internal";
  }
}

}  // namespace

RunningRequests::Place& RunningRequests::Place::operator=(Place&& other) noexcept {
  std::swap(running_, other.running_);
  std::swap(name_, other.name_);
  return *this;
}

std::optional<RunningRequests::Place> RunningRequests::enter(const std::string& name, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::size_t& running = running_[name];
  if (running >= limit) return std::nullopt;
  ++running;
  return Place(*this, name);
}

void RunningRequests::leave(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(name); found != running_.end() && --found->second == 0) running_.erase(found);
}

Context::Context(const Settings& given, std::unique_ptr<AttestationService> service,
                 std::shared_ptr<models::Backend> model, std::unique_ptr<ApiKeys> keys)
    : settings(given),
      attestation(std::move(service)),
      backend(std::move(model)),
      api_keys(std::move(keys)),
      sessions(given.sessions),
      handshakes(given.handshakes),
      attestations(given.attestations),
      failures(given.failures),
      key_requests({given.key_requests_per_minute / 60, std::max(1.0, given.key_requests_per_minute)}) {}

std::optional<std::string> Context::limited_address(const net::Exchange& http) const {
  const std::string peer = http.peer_address().to_string();
  if (std::find(settings.trusted_proxies.begin(), settings.trusted_proxies.end(), peer) !=
      settings.trusted_proxies.end()) {
    const auto forwarded = net::find(http.head().headers, "x-forwarded-for");
    if (!forwarded) return std::nullopt;
    // The proxy appends; what stands before its own entry is the client's word.
    std::string_view last = forwarded->substr(forwarded->rfind(',') + 1);
    while (last.starts_with(' ')) last.remove_prefix(1);
    return std::string(last.substr(0, 64));
  }
  if (http.peer_is_loopback()) return std::nullopt;
  return peer;
}

bool Context::allow(RateLimiter& limiter, const net::Exchange& http) {
  const auto address = limited_address(http);
  return !address || limiter.allow(*address, std::chrono::steady_clock::now());
}

net::Task<void> reply_plain_error(Context& context, net::Exchange& http, int status) {
  context.metrics.count_plain_error(status);
  const std::string body = fmt::format(R"({{"error":{{"code":"{}"}}}})", plain_code(status));
  const net::Header headers[] = {{"content-type", "application/json"}, {"cache-control", "no-store, no-transform"}};
  static_cast<void>(co_await http.reply(status, headers, as_bytes(body)));
}

}  // namespace minions::gateway
