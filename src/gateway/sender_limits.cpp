#include "gateway/sender_limits.h"

#include <algorithm>

#include "base/log.h"

namespace minions::gateway {

SenderLimits::SenderLimits(const Settings& settings, Metrics& metrics)
    : settings_(settings),
      metrics_(metrics),
      addresses_(settings.trusted_proxies),
      handshakes_(settings.handshakes),
      attestations_(settings.attestations),
      failures_(settings.failures),
      key_requests_({settings.key_requests_per_minute / 60, std::max(1.0, settings.key_requests_per_minute)}),
      held_bytes_(settings.max_unfinished_bytes) {}

std::optional<std::string> SenderLimits::limited_address(const net::HttpExchange& http) {
  const net::IpAddress& peer = http.peer_address();
  if (!addresses_.is_proxy(peer)) return addresses_.counted_peer(peer);
  const ForwardedFor forwarded = addresses_.forwarded(peer, http.head().headers);
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

RateLimiter& SenderLimits::limiter_of(Limit limit) {
  if (limit == Limit::kAddressAttestations) return attestations_;
  return limit == Limit::kAddressHandshakes ? handshakes_ : failures_;
}

SenderLimits::AddressPermits SenderLimits::permits_of(Limit limit) {
  if (limit == Limit::kAddressConnections) return {proxied_exchanges_, settings_.address_connections};
  if (limit == Limit::kAddressNonces) return {nonces_, settings_.address_nonces};
  if (limit == Limit::kAddressSessions) return {sessions_, settings_.address_sessions};
  return {uploads_, settings_.address_uploads};
}

bool SenderLimits::allow(Limit limit, const net::HttpExchange& http) {
  const auto address = limited_address(http);
  return !address || limiter_of(limit).allow(*address, std::chrono::steady_clock::now());
}

AddressPermit SenderLimits::acquire(Limit limit, const net::HttpExchange& http) {
  const auto address = limited_address(http);
  if (!address) return {};
  const AddressPermits held = permits_of(limit);
  auto permit = held.permits.acquire(*address, held.most);
  if (!permit) return {std::nullopt, limit};
  return {std::move(permit), std::nullopt};
}

std::optional<Sender> SenderLimits::address_sender(const net::HttpExchange& http) {
  auto address = limited_address(http);
  if (!address) return std::nullopt;
  return Sender{Limit::kAddressBytes, *std::move(address), settings_.address_bytes};
}

bool SenderLimits::allow_request(const std::string& key_name) {
  return settings_.key_requests_per_minute <= 0 || key_requests_.allow(key_name, std::chrono::steady_clock::now());
}

std::optional<net::Permit> SenderLimits::acquire_request(const std::string& key_name) {
  return key_running_.acquire(key_name, settings_.key_concurrent_requests);
}

void SenderLimits::hit(Limit limit) {
  metrics_.count(limit);
  if (limit_log_.due(limit, std::chrono::steady_clock::now()))
    log::warning("limit_reached", {{"limit", log::Public{name_of(limit)}}});
}

}  // namespace minions::gateway
