// The client that limits count a request to: the peer of its connection, or the client that a trusted proxy names.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/http.h"

namespace minions::gateway {

// What X-Forwarded-For names, if a trusted proxy is the peer. Each proxy appends the peer it saw, so the list is read
// from the right; anything a client sent is further left and never reached.
struct ForwardedFor {
  enum class Kind {
    kAbsent,      // no such field: the proxy speaks for itself
    kUnreadable,  // an entry that is not an address
    kNamed,
  };
  Kind kind = Kind::kAbsent;
  net::IpAddress client;
};

class ClientAddresses {
 public:
  explicit ClientAddresses(std::vector<net::AddressRange> proxies) : proxies_(std::move(proxies)) {}

  [[nodiscard]] bool is_proxy(const net::IpAddress& address) const;
  // The entry that the peer, a proxy, wrote: the last one of all field lines. If it is another trusted proxy's address,
  // that proxy has written the entry before it, and so on. An entry that names its own writer ends the walk: it is a
  // client on the proxy's machine, and what precedes it is that client's claim.
  [[nodiscard]] ForwardedFor forwarded(const net::IpAddress& peer, std::span<const net::Header> headers) const;

  // The name under which connections of this peer count. Nothing for loopback and for proxies.
  [[nodiscard]] std::optional<std::string> counted_peer(const net::IpAddress& peer) const;

 private:
  std::vector<net::AddressRange> proxies_;
};

}  // namespace minions::gateway
