#include "net/url.h"

#include <gtest/gtest.h>

namespace minions::net {
namespace {

TEST(Url, SplitsWhatItIsGiven) {
  const auto url = Url::parse("https://Models.Example:8443/v1/");
  ASSERT_TRUE(url) << url.error().detail;
  EXPECT_EQ(url->scheme, Scheme::kHttps);
  EXPECT_EQ(url->host, "models.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->base_path, "/v1");
  EXPECT_EQ(url->authority(), "models.example:8443");
  EXPECT_EQ(url->origin(), "https://models.example:8443");
}

TEST(Url, FillsInThePortOfItsScheme) {
  EXPECT_EQ(Url::parse("http://a")->port, 80);
  EXPECT_EQ(Url::parse("https://a/")->port, 443);
  EXPECT_EQ(Url::parse("https://a:443")->authority(), "a");
  EXPECT_EQ(Url::parse("http://a:443")->authority(), "a:443");
  EXPECT_EQ(Url::parse("http://a/")->base_path, "");
}

TEST(Url, TakesIpv6InBrackets) {
  const auto url = Url::parse("http://[0:0::1]:8080/x");
  ASSERT_TRUE(url) << url.error().detail;
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]:8080");
}

TEST(Url, TakesSchemeAndHostInEitherCase) {
  const auto url = Url::parse("HTTPS://LLM.Example.org/V1");
  ASSERT_TRUE(url) << url.error().detail;
  EXPECT_EQ(url->origin(), "https://llm.example.org");
  EXPECT_EQ(url->base_path, "/V1");
}

TEST(Url, RefusesWhatIsNotStrictlyAnAddress) {
  for (const char* text : {"",
                           "a",
                           "ftp://a",

                           "http:/a",
                           "http://",
                           "http:///x",
                           "http://a b",
                           "http://a:",
                           "http://a:0",
                           "http://a:65536",
                           "http://a:8o",
                           "http://a:+80",
                           "http://user@a",
                           "http://user:pw@a",
                           "http://a?x=1",
                           "http://a#f",
                           "http://a/x?y",
                           "http://a/x#y",
                           "http://a/x y",
                           "http://a/\x01",
                           "http://a/\xc3\xa4",
                           "http://[::1",
                           "http://[::1]x",
                           "http://[::1%25lo]",
                           "http://[1.2.3.4]",
                           "http://::1",
                           "http://.a",
                           "http://a..b",
                           "http://-a",
                           "http://127.1",
                           "http://0x7f.0.0.1",
                           "http://1.2.3.256",
                           "http://a\\b",
                           "http://a%41"}) {
    EXPECT_FALSE(Url::parse(text)) << text;
  }
}

TEST(Url, KnowsLoopbackByItsText) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback_host(host)) << host;
  }
  for (const char* host :
       {"", "localhost.example", "128.0.0.1", "::2", "10.0.0.1", "0.0.0.0", "::", "127.0.0.1.example"}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

}  // namespace
}  // namespace minions::net
