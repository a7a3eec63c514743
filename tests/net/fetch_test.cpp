#include "net/fetch.h"

#include "net/fixture.h"

namespace minions::net {
namespace {

class FetchTest : public ServerFixture {
 protected:
  [[nodiscard]] FetchRequest request(std::string_view target) const {
    FetchRequest made;
    made.url = origin_.url.origin() + std::string(target);
    made.time = 5s;
    if (client_tls_) made.ca_file = test_certificate().certificate_file();
    return made;
  }
};
INSTANTIATE_TEST_SUITE_P(Each, FetchTest, testing::Values(Transport::kPlain, Transport::kTls), transport_name);

TEST_P(FetchTest, SendsMethodTargetHeadersAndBody) {
  serve([](HttpExchange& exchange) -> Task<void> {
    std::string seen = exchange.head().method + ' ' + exchange.head().target + ' ' +
                       std::string(find(exchange.head().headers, "metadata").value_or("")) + ' ';
    for (;;) {
      const auto piece = co_await exchange.read_body(deadline_in(5s));
      if (!piece || piece->empty()) break;
      seen += as_text(*piece);
    }
    const Header headers[] = {{"TCB-Info-Issuer-Chain", "a%20b"}};
    (void)co_await exchange.reply(201, headers, as_bytes(seen));
  });
  FetchRequest asked = request("/a/b?c=d&e=%20");
  asked.method = "POST";
  asked.headers = {{"Metadata", "true"}};
  asked.body = to_bytes("body");
  const auto reply = fetch_blocking(asked);
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->status, 201);
  EXPECT_EQ(as_text(reply->body), "POST /a/b?c=d&e=%20 true body");
  EXPECT_EQ(find(reply->headers, "tcb-info-issuer-chain"), "a%20b");
}

TEST_P(FetchTest, AsksForTheRootWhereThereIsNoPath) {
  serve([](HttpExchange& exchange) -> Task<void> {
    (void)co_await exchange.reply(200, {}, as_bytes(exchange.head().target));
  });
  EXPECT_EQ(as_text(fetch_blocking(request(""))->body), "/");
  EXPECT_EQ(as_text(fetch_blocking(request("?a=b"))->body), "/?a=b");
}

TEST_P(FetchTest, GivesARedirectBackAsItCame) {
  serve([](HttpExchange& exchange) -> Task<void> {
    const Header headers[] = {{"location", "/elsewhere"}};
    (void)co_await exchange.reply(302, headers, {});
  });
  const auto reply = fetch_blocking(request("/"));
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->status, 302);
  EXPECT_EQ(find(reply->headers, "location"), "/elsewhere");
}

TEST_P(FetchTest, RefusesAReplyOverItsLimit) {
  serve([](HttpExchange& exchange) -> Task<void> { (void)co_await exchange.reply(200, {}, Bytes(1001)); });
  FetchRequest asked = request("/large?key=hidden");
  asked.reply_limit_bytes = 1000;
  const auto reply = fetch_blocking(asked);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kMalformed) << "the fault of who sent it";
  EXPECT_EQ(reply.error().detail, origin_.url.origin() + "/large: the reply is over 1000 bytes");
  asked.reply_limit_bytes = 1001;
  EXPECT_TRUE(fetch_blocking(asked));
}

TEST_P(FetchTest, GivesUpOnAServiceThatHangs) {
  serve([](HttpExchange& exchange) -> Task<void> {
    Timer timer(exchange.executor(), 30s);
    exchange.on_peer_gone([&timer] { timer.cancel(); });
    co_await timer.async_wait(use_task_tuple);
  });
  FetchRequest asked = request("/");
  asked.time = 300ms;
  const auto reply = fetch_blocking(asked);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kTimeout);
}

TEST(Fetch, RefusesWhatIsNoAddress) {
  for (const char* url : {"", "ftp://a/b", "http://user@host/", "http://host/a b", "http://host/a#b", "http:///a"}) {
    FetchRequest request;
    request.url = url;
    const auto reply = fetch_blocking(request);
    ASSERT_FALSE(reply) << url;
    EXPECT_EQ(reply.error().code, ErrorCode::kUsage) << url << ": " << reply.error().detail;
  }
}

TEST_P(FetchTest, NamesTheAddressThatDoesNotAnswer) {
  serve(echo);
  FetchRequest asked = request("/x?secret=1");
  server_.reset();
  const auto reply = fetch_blocking(asked);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kNetwork);
  EXPECT_EQ(reply.error().detail.find("secret"), std::string::npos);
  EXPECT_TRUE(reply.error().detail.starts_with(origin_.url.origin() + "/x: ")) << reply.error().detail;
}

}  // namespace
}  // namespace minions::net
