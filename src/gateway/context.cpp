#include "gateway/context.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

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

Context::Context(const Settings& given, std::unique_ptr<AttestationService> service,
                 std::shared_ptr<backend::Backend> model, std::unique_ptr<ApiKeys> keys)
    : settings(given),
      attestation(std::move(service)),
      backend(std::move(model)),
      api_keys(std::move(keys)),
      clients(given.trusted_proxies),
      handshakes(given.handshakes),
      attestations(given.attestations),
      failures(given.failures),
      key_requests({given.key_requests_per_minute / 60, std::max(1.0, given.key_requests_per_minute)}),
      held_bytes(given.max_unfinished_bytes),
      sessions(given.sessions) {}

std::optional<std::string> Context::limited_address(const net::Exchange& http) {
  const net::IpAddress& peer = http.peer_address();
  if (!clients.is_proxy(peer)) return clients.counted_peer(peer);
  const ForwardedFor forwarded = clients.forwarded(peer, http.head().headers);
  switch (forwarded.kind) {
    case ForwardedFor::Kind::kNamed: return net::limit_name(forwarded.client);
    case ForwardedFor::Kind::kUnreadable:
      if (!unreadable_logged_.exchange(true)) {
        log::warning("forwarded_for_unreadable",
                     {{"proxy", log::Public{peer.to_string()}},
                      {"reason", "want IP, IPv4:PORT or [IPv6]:PORT as the last entry; the proxy's address counts"}});
      }
      return net::limit_name(peer);
    case ForwardedFor::Kind::kAbsent:
      if (!absent_logged_.exchange(true)) {
        log::warning("forwarded_for_absent", {{"proxy", log::Public{peer.to_string()}},
                                              {"reason", "its clients have no limits while it names none"}});
      }
      return std::nullopt;
  }
  return std::nullopt;
}

RateLimiter& Context::limiter_of(Limit limit) {
  if (limit == Limit::kAddressAttestations) return attestations;
  return limit == Limit::kAddressHandshakes ? handshakes : failures;
}

bool Context::allow(Limit limit, const net::Exchange& http) {
  const auto address = limited_address(http);
  return !address || limiter_of(limit).allow(*address, std::chrono::steady_clock::now());
}

std::optional<Sender> Context::address_sender(const net::Exchange& http) {
  auto address = limited_address(http);
  if (!address) return std::nullopt;
  return Sender{Limit::kAddressBytes, *std::move(address), settings.address_bytes};
}

void Context::hit(Limit limit) {
  metrics.count(limit);
  if (limit_log_.due(limit, std::chrono::steady_clock::now()))
    log::warning("limit_reached", {{"limit", log::Public{name_of(limit)}}});
}

AddressPlace enter(Context& context, net::Places& places, Limit limit, const net::Exchange& http) {
  const auto address = context.limited_address(http);
  if (!address) return {};
  const Settings& settings = context.settings;
  std::size_t most = settings.address_uploads;
  if (limit == Limit::kAddressConnections) most = settings.address_connections;
  if (limit == Limit::kAddressNonces) most = settings.address_nonces;
  if (limit == Limit::kAddressSessions) most = settings.address_sessions;
  auto place = places.enter(*address, most);
  if (!place) return {std::nullopt, limit};
  return {std::move(place), std::nullopt};
}

PlainError body_error(const Error& error, Limit size) {
  if (error.code == ErrorCode::kTimeout) return 408;
  if (error.code == ErrorCode::kTooLarge) return {413, size};
  return 400;
}

net::Task<void> reply_plain_error(Context& context, net::Exchange& http, PlainError error) {
  context.metrics.count_plain_error(error.status);
  if (error.limit) context.hit(*error.limit);
  const std::string named = error.limit ? fmt::format(R"(,"limit":"{}")", name_of(*error.limit)) : std::string();
  const std::string body = fmt::format(R"({{"error":{{"code":"{}"{}}}}})", plain_code(error.status), named);
  const net::Header headers[] = {{"content-type", "application/json"}, {"cache-control", "no-store, no-transform"}};
  static_cast<void>(co_await http.reply(error.status, headers, as_bytes(body)));
}

}  // namespace minions::gateway
