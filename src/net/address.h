// The meaning of an IP address: for limits, for lists of proxies, in header fields. No sockets.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace minions::net {

using IpAddress = boost::asio::ip::address;

// 127.0.0.0/8, ::1, and the former mapped into IPv6.
[[nodiscard]] bool is_loopback(const IpAddress& address);

// The one spelling of an address: IPv4 if it was mapped into IPv6, no zone.
[[nodiscard]] IpAddress plain_address(const IpAddress& address);

// The key that limits count an address by: IPv4 whole, IPv6 by its first 64 bits ("2001:db8:0:1::/64"), which one
// household has.
[[nodiscard]] std::string limit_name(const IpAddress& address);

// An entry of X-Forwarded-For as proxies write it: IP, IPv4:PORT, [IPv6] or [IPv6]:PORT. Nothing for anything else.
[[nodiscard]] std::optional<IpAddress> parse_forwarded(std::string_view entry);

// One address, or all that share its first bits.
class AddressRange {
 public:
  // ADDR or ADDR/BITS. kUsage with what is wrong.
  [[nodiscard]] static Result<AddressRange> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const;

 private:
  AddressRange(const IpAddress& base, unsigned bits) : base_(base), bits_(bits) {}

  IpAddress base_;  // plain
  unsigned bits_;
};

}  // namespace minions::net
