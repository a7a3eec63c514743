// Whom limits count a request to: the peer of its connection, or the client that a trusted proxy names.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/http.h"

namespace minions::gateway {

// What X-Forwarded-For names, if a trusted proxy is the peer. Proxies add at the end, each the peer it saw, so the list
// is read from the right; whatever a client sent stands to the left and is never reached.
struct ForwardedFor {
  enum class Kind {
    kAbsent,      // no such field: the proxy speaks for itself
    kUnreadable,  // an entry that is no address
    kNamed,
  };
  Kind kind = Kind::kAbsent;
  net::IpAddress client;
};

class ClientAddresses {
 public:
  explicit ClientAddresses(std::vector<net::AddressRange> proxies) : proxies_(std::move(proxies)) {}

  [[nodiscard]] bool is_proxy(const net::IpAddress& address) const;
  // The entry that the peer, a proxy, wrote: the last one of all field lines. Is it another trusted proxy's address,
  // that one has written the entry before it, and so on. An entry that names its own writer ends the walk: it is a
  // client on the proxy's machine, and what stands before it is that client's word.
  [[nodiscard]] ForwardedFor forwarded(const net::IpAddress& peer, std::span<const net::Header> headers) const;

  // The name that connections of this peer count under. Nothing for the loopback and for proxies.
  [[nodiscard]] std::optional<std::string> counted_peer(const net::IpAddress& peer) const;

 private:
  std::vector<net::AddressRange> proxies_;
};

}  // namespace minions::gateway
