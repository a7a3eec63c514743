// What an IP address means. No sockets.
#pragma once

#include <boost/asio/ip/address.hpp>

namespace minions::net {

// 127.0.0.0/8, ::1, and the former mapped into IPv6.
[[nodiscard]] bool is_loopback(const boost::asio::ip::address& address);

}  // namespace minions::net
