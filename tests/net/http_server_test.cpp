#include "net/http_server.h"

#include <boost/asio/post.hpp>
#include <future>

#include "net/fixture.h"

namespace minions::net {
namespace {

class HttpServerTest : public ServerFixture {};
INSTANTIATE_TEST_SUITE_P(Transports, HttpServerTest, testing::Values(Transport::kPlain, Transport::kTls),
                         transport_name);

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::string chunks_of(std::string_view reply) { return std::string(reply.substr(reply.find("\r\n\r\n") + 4)); }

TEST_P(HttpServerTest, AnswersManyRequestsOnOneConnection) {
  serve(echo);
  for (const std::size_t size : std::vector<std::size_t>{0, 1, 1000, 70'000, 3'000'000}) {
    const std::string body(size, 'b');
    const auto reply = post("/", body);
    ASSERT_TRUE(reply) << reply.error().detail;
    EXPECT_EQ(reply->first, 200);
    EXPECT_EQ(reply->second, body);
  }
  EXPECT_EQ(client_.idle(), 1U);
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_P(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  serve([](HttpExchange& exchange) -> Task<void> {
    (void)co_await exchange.reply(200, {}, as_bytes(exchange.head().target));
  });
  auto stream = connect();
  send(*stream,
       "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 "
       "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string replies = receive(*stream);
  EXPECT_LT(replies.find("/1"), replies.find("/2"));
  EXPECT_LT(replies.find("/2"), replies.find("/3"));
  EXPECT_NE(replies.find("Connection: close"), std::string::npos);
  EXPECT_NE(replies.find("Date: "), std::string::npos);
}

TEST_P(HttpServerTest, RefusesWhatTheParserRefuses) {
  serve(echo);
  const std::vector<std::pair<std::string, std::string>> examples = {
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /" + std::string(20'000, 'x'), "HTTP/1.1 414 "},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(20'000, 'x'), "HTTP/1.1 431 "},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 501 "},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "HTTP/1.1 400 "}};
  for (const auto& [request, start] : examples) {
    auto stream = connect();
    send(*stream, request);
    const std::string reply = receive(*stream);
    EXPECT_EQ(reply.substr(0, start.size()), start);
    EXPECT_NE(reply.find("Connection: close"), std::string::npos);
  }
}

TEST_P(HttpServerTest, StreamsChunksAsTheyAreFlushed) {
  serve([](HttpExchange& exchange) -> Task<void> {
    (void)exchange.begin_reply(200, {});
    const auto put = [&exchange](std::string_view text) {
      const MutableBytes space = exchange.reply_space(text.size() + 10);
      std::copy(text.begin(), text.end(), space.begin());
      exchange.commit(text.size());
    };
    put("ab");
    put("cd");
    (void)co_await exchange.flush(deadline_in(5s));
    (void)co_await exchange.flush(deadline_in(5s));
    put(std::string(100'000, 'x'));
    put("!");
    (void)co_await exchange.finish(deadline_in(5s));
  });
  auto stream = connect();
  send(*stream, kGet);
  const std::string reply = receive(*stream, "0\r\n\r\n");
  EXPECT_NE(reply.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(chunks_of(reply), "000004\r\nabcd\r\n0186a1\r\n" + std::string(100'000, 'x') + "!\r\n0\r\n\r\n");
}

TEST_P(HttpServerTest, StreamsToOldClientsUntilItCloses) {
  serve([](HttpExchange& exchange) -> Task<void> {
    (void)exchange.begin_reply(200, {});
    exchange.reply_space(8)[0] = 'x';
    exchange.commit(1);
    (void)co_await exchange.finish(deadline_in(5s));
  });
  auto stream = connect();
  send(*stream, "GET / HTTP/1.0\r\n\r\n");
  const std::string reply = receive(*stream);
  EXPECT_EQ(reply.find("chunked"), std::string::npos);
  EXPECT_EQ(chunks_of(reply), "x");
}

TEST_P(HttpServerTest, SendsNoBodyInReplyToHead) {
  serve([](HttpExchange& exchange) -> Task<void> {
    if (exchange.head().target == "/whole") {
      (void)co_await exchange.reply(200, {}, as_bytes("body"));
      co_return;
    }
    (void)exchange.begin_reply(200, {});
    (void)exchange.reply_space(4);
    exchange.commit(4);
    (void)co_await exchange.finish(deadline_in(5s));
  });
  for (const char* target : {"/whole", "/streamed"}) {
    auto stream = connect();
    send(*stream, std::string("HEAD ") + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string reply = receive(*stream);
    EXPECT_EQ(reply.substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_EQ(chunks_of(reply), "");
  }
}

TEST_P(HttpServerTest, AsksForABodyThatIsHeldBack) {
  serve(echo);
  auto stream = connect();
  send(*stream, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(receive(*stream, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  send(*stream, "hi");
  const std::string reply = receive(*stream, "hi");
  EXPECT_EQ(reply.substr(0, 12), "HTTP/1.1 200");
}

TEST_P(HttpServerTest, DoesNotAskForABodyItDoesNotRead) {
  serve([](HttpExchange& exchange) -> Task<void> { (void)co_await exchange.reply(413, {}, {}); });
  auto stream = connect();
  send(*stream, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  const std::string reply = receive(*stream);
  EXPECT_EQ(reply.substr(0, 12), "HTTP/1.1 413");
  EXPECT_NE(reply.find("Connection: close"), std::string::npos);
}

TEST_P(HttpServerTest, DropsAShortUnreadBodyAndKeepsTheConnection) {
  serve([](HttpExchange& exchange) -> Task<void> { (void)co_await exchange.reply(200, {}, as_bytes("ok")); });
  ASSERT_TRUE(post("/", std::string(200'000, 'x')));
  ASSERT_TRUE(post("/", "x"));
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_P(HttpServerTest, TurnsAHandlersFailureInto500) {
  serve([](HttpExchange& exchange) -> Task<void> {
    if (exchange.head().target == "/throws") throw std::runtime_error("no");
    co_return;
  });
  for (const char* target : {"/throws", "/silent"}) {
    const auto reply = post(target, "");
    ASSERT_TRUE(reply) << reply.error().detail;
    EXPECT_EQ(reply->first, 500);
  }
}

TEST_P(HttpServerTest, RefusesHeadersThatWouldAddOthers) {
  std::promise<std::vector<bool>> taken;
  serve([&taken](HttpExchange& exchange) -> Task<void> {
    std::vector<bool> fine;
    for (const Header& header : Headers{{"a", "b\r\nc: d"}, {"a b", "c"}, {"", "c"}, {"a", std::string("\0", 1)}}) {
      fine.push_back(exchange.begin_reply(200, {&header, 1}).has_value());
    }
    taken.set_value(fine);
    (void)co_await exchange.reply(200, {}, {});
  });
  ASSERT_TRUE(post("/", ""));
  EXPECT_EQ(taken.get_future().get(), std::vector<bool>(4, false));
}

TEST_P(HttpServerTest, GivesUpOnAHeadThatDoesNotCome) {
  ServerOptions options;
  options.limits.header_time = 50ms;
  serve(echo, options);
  auto stream = connect();
  send(*stream, "GET / HT");
  EXPECT_EQ(receive(*stream).substr(0, 12), "HTTP/1.1 408");
  auto silent = connect();
  EXPECT_EQ(receive(*silent), "");
}

TEST_P(HttpServerTest, GivesUpOnABodyThatDoesNotCome) {
  std::promise<ErrorCode> code;
  serve([&code](HttpExchange& exchange) -> Task<void> {
    (void)co_await exchange.read_body(deadline_in(5s));
    const auto piece = co_await exchange.read_body(deadline_in(10ms));
    code.set_value(piece.error().code);
    (void)co_await exchange.reply(408, {}, {});
  });
  auto stream = connect();
  send(*stream, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfive!");
  const std::string reply = receive(*stream);
  EXPECT_EQ(reply.substr(0, 12), "HTTP/1.1 408");
  EXPECT_NE(reply.find("Connection: close"), std::string::npos);
  EXPECT_EQ(code.get_future().get(), ErrorCode::kTimeout);
}

TEST_P(HttpServerTest, TellsACutBodyFromAWholeOne) {
  std::promise<ErrorCode> code;
  serve([&code](HttpExchange& exchange) -> Task<void> {
    for (;;) {
      const auto piece = co_await exchange.read_body(deadline_in(5s));
      if (piece && !piece->empty()) continue;
      code.set_value(piece ? ErrorCode::kInternal : piece.error().code);
      co_return;
    }
  });
  auto stream = connect();
  send(*stream, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  stream->close();
  EXPECT_EQ(code.get_future().get(), ErrorCode::kTruncated);
}

TEST_P(HttpServerTest, ClosesIdleConnections) {
  ServerOptions options;
  options.limits.idle_time = 50ms;
  serve(echo, options);
  auto stream = connect();
  send(*stream, kGet);
  const std::string reply = receive(*stream);  // ends only when the server closes
  EXPECT_EQ(reply.substr(0, 12), "HTTP/1.1 200");
}

TEST_P(HttpServerTest, StopsWritingToAReaderThatDoesNotRead) {
  std::promise<std::pair<ErrorCode, std::size_t>> ended;
  serve([&ended](HttpExchange& exchange) -> Task<void> {
    (void)exchange.begin_reply(200, {});
    for (std::size_t pieces = 0;; ++pieces) {
      (void)exchange.reply_space(65'536);
      exchange.commit(65'536);
      const auto sent = co_await exchange.flush(deadline_in(100ms));
      if (sent) continue;
      ended.set_value({sent.error().code, pieces});
      co_return;
    }
  });
  auto stream = connect();
  send(*stream, kGet);
  const auto [code, pieces] = ended.get_future().get();
  EXPECT_EQ(code, ErrorCode::kTimeout);
  EXPECT_LT(pieces, 1000U);  // what the system's buffers take, not what the handler could make
}

TEST_P(HttpServerTest, NoticesThatThePeerHasGone) {
  std::promise<std::chrono::milliseconds> noticed;
  std::promise<void> started;
  serve([&](HttpExchange& exchange) -> Task<void> {
    Timer gone(exchange.executor(), SteadyTime::max());
    exchange.on_peer_gone([&gone] { gone.cancel(); });
    (void)exchange.begin_reply(200, {});
    (void)co_await exchange.flush(deadline_in(5s));
    started.set_value();
    co_await gone.async_wait(use_task_tuple);
    noticed.set_value(0ms);
  });
  auto stream = connect();
  send(*stream, kGet);
  started.get_future().get();
  const auto before = std::chrono::steady_clock::now();
  stream->close();
  ASSERT_EQ(noticed.get_future().wait_for(5s), std::future_status::ready);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
}

TEST_P(HttpServerTest, DoesNotTakePipelinedBytesForAPeerThatHasGone) {
  std::promise<void> first_started;
  std::atomic<int> gone_calls = 0;
  std::promise<void> noticed;
  serve([&](HttpExchange& exchange) -> Task<void> {
    if (exchange.head().target != "/first") co_return;
    Timer until(exchange.executor(), SteadyTime::max());
    exchange.on_peer_gone([&] {
      ++gone_calls;
      until.cancel();
    });
    (void)exchange.begin_reply(200, {});
    (void)co_await exchange.flush(deadline_in(5s));
    first_started.set_value();
    until.expires_after(700ms);
    co_await until.async_wait(use_task_tuple);
    const bool early = gone_calls > 0;
    until.expires_at(SteadyTime::max());
    if (!early) co_await until.async_wait(use_task_tuple);
    if (!early) noticed.set_value();
  });
  auto stream = connect();
  send(*stream, "GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
  first_started.get_future().get();
  send(*stream, kGet);
  std::this_thread::sleep_for(800ms);
  EXPECT_EQ(gone_calls, 0);
  stream->close();
  EXPECT_EQ(noticed.get_future().wait_for(2s), std::future_status::ready);
}

TEST_P(HttpServerTest, AbortsWithoutTheFinalChunk) {
  serve([](HttpExchange& exchange) -> Task<void> {
    (void)exchange.begin_reply(200, {});
    (void)exchange.reply_space(3);
    exchange.commit(3);
    (void)co_await exchange.flush(deadline_in(5s));
    if (exchange.head().target == "/abort") exchange.abort();
  });
  for (const char* target : {"/abort", "/unfinished"}) {
    auto exchange = open();
    ASSERT_TRUE(run(exchange->send({"GET", target}, {}, {})));
    ASSERT_TRUE(run(exchange->read_head(deadline_in(5s))));
    const auto body = body_of(*exchange);
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, ErrorCode::kTruncated) << body.error().detail;
  }
  EXPECT_EQ(client_.idle(), 0U);
}

TEST_P(HttpServerTest, ClosesConnectionsOverItsLimitAndServesTheOthers) {
  server_ = std::make_unique<HttpServer>(ServerOptions{});
  ListenOptions listen;
  listen.tls = server_tls_;
  listen.handler = echo;
  listen.max_connections = 1;
  const auto port = server_->listen(std::move(listen));
  ASSERT_TRUE(port);
  origin_.url = *Url::parse((server_tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(*port));
  origin_.tls = client_tls_;
  ASSERT_TRUE(post("/", "a"));
  auto second = run(Stream::connect({"127.0.0.1", *port}, deadline_in(5s)));
  ASSERT_TRUE(second);
  EXPECT_EQ(receive(**second), "");
  const auto again = post("/", "b");  // on the connection that was kept
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->second, "b");
}

TEST_P(HttpServerTest, DrainsIdleConnectionsAtOnceAndWaitsForBusyOnes) {
  std::promise<void> started;
  std::promise<Executor> executor;
  std::shared_ptr<Timer> hold;
  serve([&](HttpExchange& exchange) -> Task<void> {
    hold = std::make_shared<Timer>(exchange.executor(), SteadyTime::max());
    executor.set_value(exchange.executor());
    started.set_value();
    co_await hold->async_wait(use_task_tuple);
    (void)co_await exchange.reply(200, {}, as_bytes("late"));
  });
  auto idle = connect();
  auto busy = connect();
  send(*busy, kGet);
  started.get_future().get();
  auto drained = std::async(std::launch::async, [this] { return server_->drain(deadline_in(10s)); });
  EXPECT_EQ(receive(*idle), "");  // the idle one is closed while the busy one still runs
  asio::post(executor.get_future().get(), [&hold] { hold->cancel(); });
  const std::string reply = receive(*busy);
  EXPECT_EQ(chunks_of(reply), "late");
  EXPECT_NE(reply.find("Connection: close"), std::string::npos);
  const auto status = drained.get();
  EXPECT_TRUE(status) << status.error().detail;
  EXPECT_FALSE(run(Stream::connect({origin_.url.host, origin_.url.port}, deadline_in(1s))));
}

TEST_P(HttpServerTest, CutsWhatDoesNotEndWhileItDrains) {
  std::promise<void> started;
  serve([&](HttpExchange& exchange) -> Task<void> {
    Timer hold(exchange.executor(), SteadyTime::max());
    exchange.on_peer_gone([&hold] { hold.cancel(); });
    started.set_value();
    co_await hold.async_wait(use_task_tuple);
  });
  auto stream = connect();
  send(*stream, kGet);
  started.get_future().get();
  const auto status = server_->drain(deadline_in(50ms));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_P(HttpServerTest, EndsWithHandlersThatStillWait) {
  std::promise<void> started;
  serve([&](HttpExchange& exchange) -> Task<void> {
    Timer hold(exchange.executor(), SteadyTime::max());
    exchange.on_peer_gone([] {});
    started.set_value();
    co_await hold.async_wait(use_task_tuple);
  });
  auto stream = connect();
  send(*stream, kGet);
  started.get_future().get();
  server_.reset();
  EXPECT_EQ(receive(*stream), "");
}

TEST_P(HttpServerTest, SpreadsConnectionsOverItsThreads) {
  ServerOptions options;
  options.threads = 2;
  std::mutex mutex;
  std::vector<const asio::io_context*> seen;
  serve(
      [&](HttpExchange& exchange) -> Task<void> {
        {
          const std::lock_guard lock(mutex);
          seen.push_back(&exchange.executor().context());
        }
        (void)co_await exchange.reply(200, {}, as_bytes("x"));
      },
      options);
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 6; ++i) {
    streams.push_back(connect());
    send(*streams.back(), kGet);
    EXPECT_NE(receive(*streams.back(), "\r\n\r\nx"), "");
  }
  const std::lock_guard lock(mutex);
  ASSERT_EQ(seen.size(), 6U);
  EXPECT_NE(seen[0], seen[1]);
  for (std::size_t i = 2; i < seen.size(); ++i) EXPECT_EQ(seen[i], seen[i - 2]);
}

TEST(HttpServer, RefusesToListenWhereItCannot) {
  HttpServer server(ServerOptions{});
  ListenOptions first;
  first.handler = echo;
  const auto port = server.listen(first);
  ASSERT_TRUE(port);
  ListenOptions taken = first;
  taken.port = *port;
  const auto again = server.listen(taken);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().detail.find(std::to_string(*port)), std::string::npos);
  ListenOptions named = first;
  named.address = "example.com";
  EXPECT_FALSE(server.listen(named));
  EXPECT_FALSE(server.listen(ListenOptions{}));
}

}  // namespace
}  // namespace minions::net
