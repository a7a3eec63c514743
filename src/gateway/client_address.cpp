#include "gateway/client_address.h"

#include <algorithm>

#include "base/text.h"

namespace minions::gateway {
namespace {

constexpr std::string_view kField = "x-forwarded-for";

// The entries of all lines, the last one first.
std::vector<std::string_view> entries_from_the_right(std::span<const net::Header> headers) {
  std::vector<std::string_view> entries;
  for (const net::Header& header : headers) {
    if (header.name != kField) continue;
    for (std::string_view rest = header.value;;) {
      const std::size_t comma = rest.find(',');
      entries.push_back(trimmed(rest.substr(0, comma), kBlanks));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  std::reverse(entries.begin(), entries.end());
  return entries;
}

}  // namespace

bool ClientAddresses::is_proxy(const net::IpAddress& address) const {
  return std::any_of(proxies_.begin(), proxies_.end(),
                     [&](const net::AddressRange& range) { return range.contains(address); });
}

ForwardedFor ClientAddresses::forwarded(const net::IpAddress& peer, std::span<const net::Header> headers) const {
  ForwardedFor found;
  net::IpAddress writer = net::plain_address(peer);
  for (const std::string_view entry : entries_from_the_right(headers)) {
    const auto named = net::parse_forwarded(entry);
    if (!named) return {ForwardedFor::Kind::kUnreadable, {}};
    found = {ForwardedFor::Kind::kNamed, *named};
    if (*named == writer || !is_proxy(*named)) break;
    writer = *named;
  }
  return found;
}

std::optional<std::string> ClientAddresses::counted_peer(const net::IpAddress& peer) const {
  if (net::is_loopback(peer) || is_proxy(peer)) return std::nullopt;
  return net::limit_name(peer);
}

}  // namespace minions::gateway
