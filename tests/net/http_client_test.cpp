#include "net/http_client.h"

#include <boost/asio/post.hpp>
#include <thread>

#include "net/fixture.h"

namespace minions::net {
namespace {

class HttpClientTest : public ServerFixture {
 protected:
  // One accepted connection at a time, for replies that no proper server gives.
  void serve_raw(std::vector<std::string> replies) {
    asio::ip::tcp::endpoint any(asio::ip::make_address("127.0.0.1"), 0);
    acceptor_ = std::make_unique<Acceptor>(context_.get_executor(), any);
    origin_.url = *Url::parse((server_tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") +
                              std::to_string(acceptor_->local_endpoint().port()));
    origin_.tls = client_tls_;
    spawn(context_.get_executor(), [](HttpClientTest& test, std::vector<std::string> texts) -> Task<void> {
      for (const std::string& text : texts) {
        auto [error, socket] = co_await test.acceptor_->async_accept(use_task_tuple);
        if (error) co_return;
        Stream stream(std::move(socket));
        if (test.server_tls_) (void)co_await stream.accept_tls(*test.server_tls_, deadline_in(5s));
        Bytes request(64 * 1024);
        (void)co_await stream.read_some(request, deadline_in(5s));
        (void)co_await stream.write_all(as_bytes(text), deadline_in(5s));
        if (test.cut_tls_) {
          stream.abort();
        } else {
          stream.close();
        }
      }
    }(*this, std::move(replies)));
  }
  [[nodiscard]] Result<std::string> get() {
    auto exchange = open();
    MINIONS_TRY(run(exchange->send({"GET", "/"}, {}, {})));
    MINIONS_TRY_ASSIGN(const ResponseHead head, run(exchange->read_head(deadline_in(5s))));
    return body_of(*exchange);
  }

  std::unique_ptr<Acceptor> acceptor_;
  bool cut_tls_ = false;
};
INSTANTIATE_TEST_SUITE_P(Transports, HttpClientTest, testing::Values(Transport::kPlain, Transport::kTls),
                         transport_name);

TEST_P(HttpClientTest, SendsBodiesWithALengthAndInChunks) {
  serve(echo);
  for (const bool chunked : {false, true}) {
    auto exchange = open();
    const std::string large(100'000, 'l');
    const std::size_t length = large.size() + 10;
    ASSERT_TRUE(
        run(exchange->send_head({"POST", "/"}, {}, chunked ? std::nullopt : std::optional<std::uint64_t>(length))));
    EXPECT_EQ(exchange->bytes_written(), 0U);
    for (const std::string& piece : {std::string("12345"), large, std::string(), std::string("67890")}) {
      ASSERT_TRUE(run(exchange->write_body(as_bytes(piece))));
    }
    ASSERT_TRUE(run(exchange->finish_body()));
    EXPECT_GT(exchange->bytes_written(), length);
    ASSERT_EQ(run(exchange->read_head(deadline_in(5s)))->status, 200);
    EXPECT_EQ(body_of(*exchange).value(), "12345" + large + "67890");
  }
}

TEST_P(HttpClientTest, HoldsToTheLengthItAnnounced) {
  serve(echo);
  auto exchange = open();
  ASSERT_TRUE(run(exchange->send_head({"POST", "/"}, {}, 3)));
  EXPECT_EQ(run(exchange->write_body(as_bytes("four"))).error().code, ErrorCode::kUsage);
  ASSERT_TRUE(run(exchange->write_body(as_bytes("tw"))));
  EXPECT_EQ(run(exchange->finish_body()).error().code, ErrorCode::kUsage);
}

TEST_P(HttpClientTest, RefusesRequestsThatWouldSayMoreThanTheyShould) {
  serve(echo);
  const Headers none;
  const Headers injected = {{"a", "b\r\nc: d"}};
  const Headers ours = {{"Content-Length", "3"}};
  EXPECT_FALSE(run(open()->send({"GET", "/a b"}, none, {})));
  EXPECT_FALSE(run(open()->send({"GET", "/a\r\nb: c"}, none, {})));
  EXPECT_FALSE(run(open()->send({"GET", "http://a/"}, none, {})));
  EXPECT_FALSE(run(open()->send({"G T", "/"}, none, {})));
  EXPECT_FALSE(run(open()->send({"GET", "/"}, injected, {})));
  EXPECT_FALSE(run(open()->send({"GET", "/"}, ours, {})));
  EXPECT_TRUE(run(open()->send({"GET", "/"}, none, {})));
}

TEST_P(HttpClientTest, SendsNoBodyWithAMethodThatHasNone) {
  serve(echo);
  for (const char* method : {"GET", "HEAD"}) {
    auto exchange = open();
    const Status announced = run(exchange->send_head({method, "/"}, {}, 3));
    ASSERT_FALSE(announced) << method;
    EXPECT_EQ(announced.error().code, ErrorCode::kUsage);
    EXPECT_FALSE(run(exchange->send_head({method, "/"}, {}, std::nullopt))) << method;
    EXPECT_FALSE(run(exchange->send({method, "/"}, {}, as_bytes("GET / HTTP/1.1\r\n\r\n")))) << method;
    EXPECT_EQ(exchange->bytes_written(), 0U);
    EXPECT_TRUE(run(exchange->send({method, "/"}, {}, {}))) << method;
  }
}

TEST_P(HttpClientTest, ClosesWhatIsKeptUnderOneKey) {
  serve(echo);
  for (const char* key : {"alice", "bob"}) {
    origin_.pool_key = key;
    ASSERT_TRUE(post("/", "a"));
  }
  EXPECT_EQ(client_.idle(), 2U);
  std::thread([&] { client_.close_idle("alice"); }).join();
  context_.restart();
  context_.poll();
  EXPECT_EQ(client_.idle(), 1U);
  EXPECT_TRUE(open()->reused()) << "bob's was closed, too";
  origin_.pool_key = "alice";
  EXPECT_FALSE(open()->reused());
}

TEST_P(HttpClientTest, KeepsSoManyInAllAndClosesTheOldest) {
  serve(echo);
  HttpClient client(context_.get_executor(), {.max_idle = 2});
  for (const char* key : {"one", "two", "three"}) {
    origin_.pool_key = key;
    auto exchange = run(client.open(origin_, deadline_in(5s))).value();
    ASSERT_TRUE(run(exchange->send({"GET", "/"}, {}, {})));
    ASSERT_TRUE(run(exchange->read_head(deadline_in(5s))));
    ASSERT_TRUE(body_of(*exchange));
  }
  EXPECT_EQ(client.idle(), 2U);
  for (const auto& [key, kept] : {std::pair("one", false), std::pair("two", true), std::pair("three", true)}) {
    origin_.pool_key = key;
    EXPECT_EQ(run(client.open(origin_, deadline_in(5s))).value()->reused(), kept) << key;
  }
}

TEST(HttpClient, MayBeToldOfAKeyWhenItsThreadsAreGone) {
  auto context = std::make_unique<asio::io_context>();
  HttpClient client(context->get_executor(), {});
  context.reset();
  client.close_idle("alice");
  EXPECT_EQ(client.idle(), 0U);
}

TEST_P(HttpClientTest, ReusesConnectionsWithEqualKeysOnly) {
  serve(echo);
  ASSERT_TRUE(post("/", "a"));
  EXPECT_EQ(client_.idle(), 1U);
  origin_.pool_key = "other pins";
  EXPECT_FALSE(open()->reused());
  origin_.pool_key = "";
  EXPECT_TRUE(open()->reused());
  EXPECT_EQ(client_.idle(), 0U);
}

TEST_P(HttpClientTest, KeepsNoConnectionWhoseReplyWasNotRead) {
  serve(echo);
  auto exchange = open();
  ASSERT_TRUE(run(exchange->send({"POST", "/"}, {}, as_bytes("abc"))));
  ASSERT_TRUE(run(exchange->read_head(deadline_in(5s))));
  exchange.reset();
  EXPECT_EQ(client_.idle(), 0U);
}

TEST_P(HttpClientTest, KeepsReceivedPiecesInPlaceUntilItIsGone) {
  serve_raw({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n2\r\n, \r\n5\r\nworld\r\n0\r\n\r\n"});
  auto exchange = open();
  ASSERT_TRUE(run(exchange->send({"GET", "/"}, {}, {})));
  ASSERT_TRUE(run(exchange->read_head(deadline_in(5s))));
  const auto first = run(exchange->read_body(deadline_in(5s)));
  ASSERT_TRUE(first);
  std::vector<MutableBytes> pieces = {*first};
  while (!pieces.back().empty()) {
    const auto next = exchange->read_received_body();
    ASSERT_TRUE(next);
    ASSERT_TRUE(*next);
    pieces.push_back(**next);
  }
  std::string whole;
  for (const MutableBytes piece : pieces) whole += as_text(piece);
  EXPECT_EQ(whole, "hello, world");
  EXPECT_EQ(exchange->stream(), nullptr);
  EXPECT_EQ(client_.idle(), 1U);
}

TEST_P(HttpClientTest, RunsTheCheckBeforeAnyHttp) {
  std::atomic<int> requests = 0;
  serve([&requests](HttpExchange& exchange) -> Task<void> {
    ++requests;
    (void)co_await exchange.reply(200, {}, {});
  });
  int checks = 0;
  origin_.on_connected = [&](const Stream& stream) -> Status {
    ++checks;
    EXPECT_EQ(stream.bytes_written(), 0U);
    if (stream.is_tls()) {
      EXPECT_EQ(stream.peer_spki_sha256().value(), test_certificate().spki_sha256());
    }
    return fail(ErrorCode::kRefused, "pin");
  };
  const auto refused = run(client_.open(origin_, deadline_in(5s)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  origin_.on_connected = [&](const Stream&) -> Status {
    ++checks;
    return {};
  };
  ASSERT_TRUE(post("/", ""));
  ASSERT_TRUE(post("/", ""));
  EXPECT_EQ(checks, 2);
  EXPECT_EQ(requests, 2);
}

TEST_P(HttpClientTest, TellsACutReplyFromAWholeOne) {
  serve_raw({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Le", "",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(get().error().code, ErrorCode::kTruncated) << i;
  EXPECT_EQ(get().value(), "hello");
}

TEST_P(HttpClientTest, TakesABodyThatEndsWithTheConnection) {
  serve_raw({"HTTP/1.1 200 OK\r\n\r\nhello"});
  EXPECT_EQ(get().value(), "hello");
  EXPECT_EQ(client_.idle(), 0U);
}

TEST_P(HttpClientTest, NeverTakesACutTlsStreamForItsEnd) {
  cut_tls_ = true;
  serve_raw({"HTTP/1.1 200 OK\r\n\r\nhello"});
  const auto body = get();
  if (GetParam() == Transport::kPlain) {
    EXPECT_TRUE(body);  // plain HTTP cannot tell
  } else {
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, ErrorCode::kTruncated);
  }
}

TEST_P(HttpClientTest, RefusesEncodedContentAndPassesRedirectsOn) {
  serve_raw({"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
             "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"});
  EXPECT_EQ(get().error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(get());
  auto exchange = open();
  ASSERT_TRUE(run(exchange->send({"GET", "/"}, {}, {})));
  EXPECT_EQ(run(exchange->read_head(deadline_in(5s)))->status, 302);
}

TEST_P(HttpClientTest, SaysThatAKeptConnectionBrokeBeforeTheReply) {
  ServerOptions options;
  serve(
      [](HttpExchange& exchange) -> Task<void> {
        if (exchange.head().target == "/break") {
          exchange.abort();
        } else {
          (void)co_await exchange.reply(200, {}, {});
        }
      },
      options);
  auto fresh = open();
  ASSERT_TRUE(run(fresh->send({"GET", "/break"}, {}, {})));
  EXPECT_FALSE(run(fresh->read_head(deadline_in(5s))));
  EXPECT_FALSE(fresh->reused_and_reset());
  ASSERT_TRUE(post("/", ""));
  auto kept = open();
  ASSERT_TRUE(kept->reused());
  ASSERT_TRUE(run(kept->send({"GET", "/break"}, {}, {})));
  EXPECT_FALSE(run(kept->read_head(deadline_in(5s))));
  EXPECT_TRUE(kept->reused_and_reset());
  EXPECT_GT(kept->bytes_written(), 0U);
}

TEST_P(HttpClientTest, DropsKeptConnectionsThatTheServerClosed) {
  ServerOptions options;
  options.limits.idle_time = 1ms;
  serve(echo, options);
  ASSERT_TRUE(post("/", ""));
  while (server_->connections() > 0) std::this_thread::yield();
  auto exchange = open();
  EXPECT_FALSE(exchange->reused());
}

TEST_P(HttpClientTest, ReadsAnEarlyReplyAfterItsWriteFailed) {
  ServerOptions options;
  options.limits.unread_body_bytes = 1024;
  serve(
      [](HttpExchange& exchange) -> Task<void> {
        (void)co_await exchange.read_body(deadline_in(5s));
        (void)co_await exchange.reply(413, {}, as_bytes("too large"));
      },
      options);
  auto exchange = open();
  constexpr std::uint64_t kLength = std::uint64_t{64} * 1024 * 1024;
  ASSERT_TRUE(run(exchange->send_head({"POST", "/"}, {}, kLength)));
  const Bytes piece(1024 * 1024);
  bool failed = false;
  for (std::uint64_t sent = 0; sent < kLength && !failed; sent += piece.size())
    failed = !run(exchange->write_body(piece));
  EXPECT_TRUE(failed);
  const auto head = run(exchange->read_head(deadline_in(5s)));
  ASSERT_TRUE(head) << head.error().detail;
  EXPECT_EQ(head->status, 413);
}

TEST_P(HttpClientTest, KeepsItsDeadlineForReplies) {
  serve([](HttpExchange& exchange) -> Task<void> {
    Timer never(exchange.executor(), SteadyTime::max());
    co_await never.async_wait(use_task_tuple);
  });
  auto exchange = open();
  ASSERT_TRUE(run(exchange->send({"GET", "/"}, {}, {})));
  const auto head = run(exchange->read_head(deadline_in(10ms)));
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::kTimeout);
}

TEST_P(HttpClientTest, StopsAWaitThatIsCancelled) {
  serve([](HttpExchange& exchange) -> Task<void> {
    Timer never(exchange.executor(), SteadyTime::max());
    co_await never.async_wait(use_task_tuple);
  });
  auto exchange = open();
  ASSERT_TRUE(run(exchange->send({"GET", "/"}, {}, {})));
  asio::post(context_, [&exchange] { exchange->cancel(); });
  const auto head = run(exchange->read_head(kNoDeadline));
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::kCancelled);
}

TEST_P(HttpClientTest, WantsTlsSettingsForHttpsAndOnlyThere) {
  serve(echo);
  origin_.tls = client_tls_ ? nullptr : TlsClientContext::create({PeerVerification::kNone, {}}).value();
  const auto opened = run(client_.open(origin_, deadline_in(5s)));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace minions::net
