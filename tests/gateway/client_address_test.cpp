#include "gateway/client_address.h"

#include <gtest/gtest.h>

namespace minions::gateway {
namespace {

using Kind = ForwardedFor::Kind;

net::IpAddress address(const char* text) { return boost::asio::ip::make_address(text); }

ClientAddresses behind(const std::vector<std::string>& proxies) {
  std::vector<net::AddressRange> ranges;
  for (const std::string& proxy : proxies) ranges.push_back(net::AddressRange::parse(proxy).value());
  return ClientAddresses(std::move(ranges));
}

// "absent", "unreadable" or the address.
std::string seen(const ClientAddresses& clients, const char* peer, const std::vector<std::string>& lines) {
  net::Headers headers{{"host", "x"}, {"x-forwarded-host", "198.51.100.99"}};
  for (const std::string& line : lines) headers.push_back({"x-forwarded-for", line});
  const ForwardedFor forwarded = clients.forwarded(address(peer), headers);
  switch (forwarded.kind) {
    case Kind::kAbsent: return "absent";
    case Kind::kUnreadable: return "unreadable";
    case Kind::kNamed: return forwarded.client.to_string();
  }
  return "";
}

TEST(ClientAddresses, TakesTheLastEntryOfAllLines) {
  const auto clients = behind({"10.0.0.1"});
  EXPECT_EQ(seen(clients, "10.0.0.1", {}), "absent");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"203.0.113.1"}), "203.0.113.1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"198.51.100.1, 203.0.113.1"}), "203.0.113.1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"198.51.100.1", "203.0.113.1"}), "203.0.113.1") << "as HAProxy adds a line";
  EXPECT_EQ(seen(clients, "10.0.0.1", {"198.51.100.1,198.51.100.2", "x, \t203.0.113.1 \t"}), "203.0.113.1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"nonsense", "203.0.113.1"}), "203.0.113.1");
}

TEST(ClientAddresses, ReadsWhatProxiesWrite) {
  const auto clients = behind({"10.0.0.1"});
  EXPECT_EQ(seen(clients, "10.0.0.1", {"203.0.113.1:49152"}), "203.0.113.1") << "Azure Application Gateway";
  EXPECT_EQ(seen(clients, "10.0.0.1", {"[2001:db8::1]:49152"}), "2001:db8::1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"[2001:db8::1]"}), "2001:db8::1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"2001:DB8:0:0::1"}), "2001:db8::1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"::ffff:203.0.113.1"}), "203.0.113.1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"[::ffff:203.0.113.1]:1"}), "203.0.113.1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"fe80::1%eth0"}), "unreadable") << "no name of an interface here";
}

TEST(ClientAddresses, WalksThroughTrustedProxiesAndNoFurther) {
  const auto clients = behind({"10.0.0.0/24", "2001:db8:ffff::/48"});
  EXPECT_EQ(seen(clients, "10.0.0.1", {"203.0.113.1, 10.0.0.2"}), "203.0.113.1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"198.51.100.1, 203.0.113.1, 10.0.0.3:80, 10.0.0.2"}), "203.0.113.1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"203.0.113.1", "[2001:db8:ffff::2]:443"}), "203.0.113.1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"203.0.113.1, 10.0.1.2"}), "10.0.1.2") << "not one of them";
  EXPECT_EQ(seen(clients, "10.0.0.1", {"198.51.100.1, unknown, 10.0.0.2"}), "unreadable");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"10.0.0.2"}), "10.0.0.2") << "the inner proxy asks for itself";
}

TEST(ClientAddresses, AClientOnTheProxysMachineNamesNobodyElse) {
  const auto clients = behind({"127.0.0.1", "10.0.0.1", "10.0.0.2"});
  EXPECT_EQ(seen(clients, "127.0.0.1", {"10.9.0.1", "127.0.0.1"}), "127.0.0.1");
  EXPECT_EQ(seen(clients, "127.0.0.1", {"127.0.0.1"}), "127.0.0.1");
  EXPECT_EQ(seen(clients, "10.0.0.1", {"198.51.100.1, 10.0.0.2, 10.0.0.2"}), "10.0.0.2");
}

TEST(ClientAddresses, WhatCannotBeReadNamesNobody) {
  const auto clients = behind({"10.0.0.1"});
  for (const char* entry : {"",
                            " ",
                            "unknown",
                            "_abc",
                            "203.0.113.1:",
                            "203.0.113.1:x",
                            "203.0.113.1:70000",
                            "203.0.113.256",
                            "203.0.113",
                            "[203.0.113.1]:1",
                            "[2001:db8::1",
                            "[2001:db8::1]x",
                            "[2001:db8::1]:",
                            "2001:db8::1::2",
                            "\"203.0.113.1\"",
                            "203.0.113.1,",
                            "203.0.113.1 x",
                            "0x7f.1",
                            "[]",
                            ":80",
                            "2001:db8::1]:80"}) {
    EXPECT_EQ(seen(clients, "10.0.0.1", {entry}), "unreadable") << entry;
  }
}

TEST(ClientAddresses, KnowsProxiesInEitherSpelling) {
  const auto clients = behind({"10.0.0.1", "2001:db8::/32", "::ffff:10.0.0.9"});
  EXPECT_TRUE(clients.is_proxy(address("10.0.0.1")));
  EXPECT_TRUE(clients.is_proxy(address("::ffff:10.0.0.1"))) << "as a listener for both families shows it";
  EXPECT_TRUE(clients.is_proxy(address("10.0.0.9")));
  EXPECT_TRUE(clients.is_proxy(address("2001:db8:5::1")));
  EXPECT_FALSE(clients.is_proxy(address("10.0.0.2")));
  EXPECT_FALSE(clients.is_proxy(address("2001:db9::1")));
  EXPECT_EQ(seen(clients, "::ffff:10.0.0.1", {"203.0.113.1"}), "203.0.113.1");
}

TEST(ClientAddresses, CountsConnectionsByAddressAndNetwork) {
  const auto clients = behind({"10.0.0.1"});
  EXPECT_EQ(clients.counted_peer(address("203.0.113.1")), "203.0.113.1");
  EXPECT_EQ(clients.counted_peer(address("::ffff:203.0.113.1")), "203.0.113.1");
  EXPECT_EQ(clients.counted_peer(address("2001:db8:1:2:3::4")), "2001:db8:1:2::/64");
  EXPECT_EQ(clients.counted_peer(address("2001:db8:1:2::9")), "2001:db8:1:2::/64");
  EXPECT_FALSE(clients.counted_peer(address("10.0.0.1")));
  EXPECT_FALSE(clients.counted_peer(address("::ffff:10.0.0.1")));
  EXPECT_FALSE(clients.counted_peer(address("127.0.0.5")));
  EXPECT_FALSE(clients.counted_peer(address("::1")));
}

}  // namespace
}  // namespace minions::gateway
