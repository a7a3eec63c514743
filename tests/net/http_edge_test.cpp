// What a peer sends that is ill formed, too much, or hidden behind something else.
#include "net/fixture.h"

namespace minions::net {
namespace {

class HttpEdgeTest : public ServerFixture {
 protected:
  void listen(ListenOptions options) {
    server_ = std::make_unique<HttpServer>(ServerOptions{});
    options.tls = server_tls_;
    options.handler = echo;
    const auto port = server_->listen(std::move(options));
    ASSERT_TRUE(port) << port.error().detail;
    origin_.url = *Url::parse((server_tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(*port));
    origin_.tls = client_tls_;
  }
  // Whether a connection of its own is served.
  [[nodiscard]] bool is_served() {
    auto stream = run(Stream::connect({origin_.url.host, origin_.url.port}, deadline_in(5s)));
    if (!stream) return false;
    if (client_tls_ && !run((*stream)->connect_tls(*client_tls_, "server.test", deadline_in(5s)))) return false;
    const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    if (!run((*stream)->write_all(as_bytes(request), deadline_in(5s)))) return false;
    return receive(**stream).starts_with("HTTP/1.1 200 ");
  }
};
INSTANTIATE_TEST_SUITE_P(Transports, HttpEdgeTest, testing::Values(Transport::kPlain, Transport::kTls), transport_name);

// The handler waits 10 s for a body and then says 408: what says 400 was not kept waiting.
TEST_P(HttpEdgeTest, AnswersBrokenFramingWhilePeersWait) {
  serve(echo);
  for (const std::string body : {"zz", "zz\r\n", "5\r\nhelloX", "5;a\n", "0\r\nno trailer\r\n", "\r\n"}) {
    auto stream = connect();
    send(*stream, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    const std::string reply = receive(*stream);
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 400 ")) << body << ": " << reply;
    EXPECT_NE(reply.find("Connection: close"), std::string::npos);
  }
  for (const std::string lengths :
       {"Content-Length: 1\r\nContent-Length: 2", "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 1"}) {
    auto stream = connect();
    send(*stream, "POST / HTTP/1.1\r\nHost: a\r\n" + lengths + "\r\n\r\n");
    EXPECT_TRUE(receive(*stream).starts_with("HTTP/1.1 400 ")) << lengths;
  }
}

TEST_P(HttpEdgeTest, AGetsBodyIsNeverTheNextRequest) {
  serve([](HttpExchange& exchange) -> Task<void> {
    (void)co_await exchange.reply(200, {}, as_bytes(exchange.head().target));
  });
  const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string length = "Content-Length: " + std::to_string(hidden.size()) + "\r\n\r\n" + hidden;
  const std::string chunked = "Transfer-Encoding: chunked\r\n\r\n21\r\n" + hidden + "\r\n0\r\n\r\n";
  ASSERT_EQ(hidden.size(), 0x21U);
  for (const std::string method : {"GET", "HEAD", "DELETE", "OPTIONS", "POST"}) {
    for (const std::string& body : {length, chunked}) {
      auto stream = connect();
      send(*stream, method + " /first HTTP/1.1\r\nHost: a\r\n" + body +
                        "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      const std::string replies = receive(*stream);
      EXPECT_EQ(replies.find("/hidden"), std::string::npos) << method << ": " << replies;
      const bool has_none = method == "GET" || method == "HEAD";
      EXPECT_EQ(replies.find("/next") == std::string::npos, has_none) << method << ": " << replies;
      EXPECT_TRUE(replies.starts_with(has_none ? "HTTP/1.1 400 " : "HTTP/1.1 200 ")) << method << ": " << replies;
    }
  }
}

TEST_P(HttpEdgeTest, RefusesABodyThatIsAnnouncedTooLong) {
  serve([](HttpExchange& exchange) -> Task<void> {
    Status announced = exchange.limit_body(1000);
    while (announced) {
      const auto piece = co_await exchange.read_body(deadline_in(10s));
      if (!piece) announced = fail(piece.error());
      if (piece && piece->empty()) break;
    }
    const bool too_large = !announced && announced.error().code == ErrorCode::kTooLarge;
    (void)co_await exchange.reply(too_large ? 413 : announced ? 200 : 400, {}, {});
  });
  for (const std::string framing : {"Content-Length: 1001\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3e9\r\n",
                                    "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n"}) {
    auto stream = connect();
    send(*stream, "POST / HTTP/1.1\r\nHost: a\r\n" + framing);
    const std::string reply = receive(*stream);
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 413 ")) << framing << ": " << reply;
    EXPECT_NE(reply.find("Connection: close"), std::string::npos);
  }
  const auto fits = post("/", std::string(1000, 'b'));
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->first, 200);
}

TEST_P(HttpEdgeTest, APiecemealReplyIsOneBody) {
  const std::string large(200'000, 'l');
  const std::vector<std::vector<std::string>> examples = {
      {}, {""}, {"a"}, {"a", "b", "c"}, {large, "b"}, {"a", large, "", large, "e"}, {large}};
  serve([&](HttpExchange& exchange) -> Task<void> {
    const auto& example = examples.at(static_cast<std::size_t>(exchange.head().target.at(1) - '0'));
    const std::vector<std::string_view> pieces(example.begin(), example.end());
    (void)co_await exchange.reply_pieces(200, {}, pieces);
  });
  for (std::size_t i = 0; i < examples.size(); ++i) {
    std::string whole;
    for (const std::string& piece : examples[i]) whole += piece;
    const auto reply = post("/" + std::to_string(i), "");
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->second, whole) << i;
  }
  EXPECT_EQ(client_.idle(), 1U);
}

TEST_P(HttpEdgeTest, OneAddressLeavesConnectionsToOthers) {
  std::atomic<char> name = 'a';
  std::atomic<int> refused = 0;
  ListenOptions options;
  options.max_connections = 3;
  options.max_connections_of_address = 1;
  options.counted_as = [&](const IpAddress&) -> std::optional<std::string> {
    if (name == '-') return std::nullopt;
    return std::string(1, name);
  };
  options.on_refused = [&](ConnectionLimit limit) { refused += limit == ConnectionLimit::kAddress ? 1 : 100; };
  listen(std::move(options));
  auto first = post("/", "a");  // on a connection that is kept
  ASSERT_TRUE(first);
  EXPECT_FALSE(is_served());
  EXPECT_EQ(refused, 1);
  name = 'b';
  EXPECT_TRUE(is_served());
  name = '-';
  EXPECT_TRUE(is_served()) << "an address that is not counted";
  const auto again = post("/", "b");
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->second, "b");
  EXPECT_EQ(client_.idle(), 1U);
  client_.close_idle();
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (server_->connections() != 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  name = 'a';
  EXPECT_TRUE(is_served()) << "the place of a connection that went was not given back";
}

}  // namespace
}  // namespace minions::net
