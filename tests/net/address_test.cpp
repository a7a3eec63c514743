#include "net/address.h"

#include <gtest/gtest.h>

#include "net/permits.h"

namespace minions::net {
namespace {

IpAddress address(const char* text) { return boost::asio::ip::make_address(text); }

TEST(Address, LimitsCountIpv4WholeAndIpv6ByItsNetwork) {
  EXPECT_EQ(limit_name(address("203.0.113.9")), "203.0.113.9");
  EXPECT_EQ(limit_name(address("::ffff:203.0.113.9")), "203.0.113.9");
  EXPECT_EQ(limit_name(address("2001:db8:1:2:ffff::9")), "2001:db8:1:2::/64");
  EXPECT_EQ(limit_name(address("2001:db8:1:3::9")), "2001:db8:1:3::/64");
}

TEST(Address, LoopbackIsKnownInEachForm) {
  for (const char* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_loopback(address(text)));
  for (const char* text : {"128.0.0.1", "::2", "::ffff:10.0.0.1", "::"}) EXPECT_FALSE(is_loopback(address(text)));
}

TEST(AddressRange, HoldsWhatSharesItsBits) {
  const auto holds = [](const char* range, const char* text) {
    return AddressRange::parse(range).value().contains(address(text));
  };
  EXPECT_TRUE(holds("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(holds("10.1.2.3", "10.1.2.2"));
  EXPECT_TRUE(holds("10.1.2.0/23", "10.1.3.255"));
  EXPECT_FALSE(holds("10.1.2.0/23", "10.1.4.0"));
  EXPECT_TRUE(holds("10.1.2.129/25", "10.1.2.255")) << "bits behind the range say nothing";
  EXPECT_TRUE(holds("0.0.0.0/0", "203.0.113.1"));
  EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
  EXPECT_FALSE(holds("::/0", "203.0.113.1"));
  EXPECT_FALSE(holds("::/0", "::ffff:203.0.113.1")) << "an IPv4 address in another spelling";
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(AddressRange, RefusesWhatIsNone) {
  for (const char* text : {"", "proxy", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/8/8", "10.0.0/8", "/8",
                           "2001:db8::/129", "10.0.0.1:80", "[::1]", "fe80::1%lo", "10.0.0.1/0x8", " 10.0.0.1"}) {
    const auto range = AddressRange::parse(text);
    ASSERT_FALSE(range) << text;
    EXPECT_EQ(range.error().code, ErrorCode::kUsage);
    EXPECT_NE(range.error().detail.find("found " + std::string(text)), std::string::npos) << range.error().detail;
  }
}

TEST(Permits, AreGivenUpToTheLimitAndGivenBack) {
  Permits permits;
  auto first = permits.acquire("a", 2);
  auto second = permits.acquire("a", 2);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(permits.acquire("a", 2));
  EXPECT_TRUE(permits.acquire("b", 2)) << "another name's permits";
  EXPECT_FALSE(permits.acquire("c", 0));
  Permit moved = *std::move(first);
  first.reset();
  EXPECT_EQ(permits.held_by("a"), 2U) << "a permit that moved was given back";
  second.reset();
  EXPECT_EQ(permits.held_by("a"), 1U);
  EXPECT_EQ(permits.held_by("b"), 0U);
  EXPECT_TRUE(permits.acquire("a", 2));
}

}  // namespace
}  // namespace minions::net
