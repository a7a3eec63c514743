#include "net/stream.h"

#include <boost/asio/post.hpp>

#include "net/fixture.h"

namespace minions::net {
namespace {

class StreamTest : public ServerFixture {
 protected:
  void SetUp() override {
    ServerFixture::SetUp();
    std::tie(near_, far_) =
        run([](StreamTest& test) -> Task<std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>>> {
          Acceptor acceptor(test.context_.get_executor(), tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
          auto near = co_await Stream::connect({"localhost", acceptor.local_endpoint().port()}, deadline_in(5s));
          auto [error, socket] = co_await acceptor.async_accept(use_task_tuple);
          auto far = std::make_unique<Stream>(std::move(socket));
          if (test.server_tls_) {
            spawn(test.context_.get_executor(), [](Stream& stream, StreamTest& fixture) -> Task<void> {
              (void)co_await stream.accept_tls(*fixture.server_tls_, deadline_in(5s));
            }(*far, test));
            (void)co_await (*near)->connect_tls(*test.client_tls_, "server.test", deadline_in(5s));
          }
          co_return std::pair(std::move(*near), std::move(far));
        }(*this));
    context_.poll();
  }

  std::unique_ptr<Stream> near_;
  std::unique_ptr<Stream> far_;
};
INSTANTIATE_TEST_SUITE_P(Transports, StreamTest, testing::Values(Transport::kPlain, Transport::kTls), transport_name);

TEST_P(StreamTest, CarriesBytesAndItsEnd) {
  send(*near_, "hello");
  EXPECT_EQ(receive(*far_, "hello"), "hello");
  EXPECT_FALSE(far_->peer_closed());
  near_->shutdown_write();
  Bytes buffer(10);
  EXPECT_EQ(run(far_->read_some(buffer, deadline_in(5s))).value(), 0U);
  EXPECT_TRUE(far_->peer_closed());
  EXPECT_TRUE(near_->peer_is_loopback());
}

TEST_P(StreamTest, KeepsReadDeadlines) {
  Bytes buffer(10);
  const auto count = run(near_->read_some(buffer, deadline_in(1ms)));
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, ErrorCode::kTimeout);
  send(*far_, "later");  // and is still of use
  EXPECT_EQ(receive(*near_, "later"), "later");
}

TEST_P(StreamTest, KeepsWriteDeadlinesOnceThePeerDoesNotRead) {
  const Bytes much(std::size_t{64} * 1024 * 1024);
  const auto sent = run(near_->write_all(much, deadline_in(50ms)));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kTimeout);
}

TEST_P(StreamTest, DoesNotDisturbAReadWhenAWriteExpires) {
  bool read_done = false;
  Bytes buffer(10);
  spawn(context_.get_executor(), [](Stream& stream, MutableBytes to, bool& done) -> Task<void> {
    const auto count = co_await stream.read_some(to, deadline_in(10s));
    done = count && *count == 5;
  }(*near_, buffer, read_done));
  const Bytes much(std::size_t{64} * 1024 * 1024);
  ASSERT_FALSE(run(near_->write_all(much, deadline_in(50ms))));
  EXPECT_FALSE(read_done);
  send(*far_, "still");
  context_.restart();
  while (!read_done && context_.run_one() > 0) {
  }
  EXPECT_TRUE(read_done);
}

TEST_P(StreamTest, KnowsACutFromAnEndUnderTls) {
  near_->abort();
  Bytes buffer(10);
  const auto count = run(far_->read_some(buffer, deadline_in(5s)));
  if (GetParam() == Transport::kTls) {
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().code, ErrorCode::kTruncated);
  } else {
    EXPECT_EQ(count.value(), 0U);
  }
}

TEST_P(StreamTest, SeesThatThePeerHasGoneBehindUnreadBytes) {
  send(*near_, "unread");
  near_->close();
  ASSERT_TRUE(run(far_->wait_readable(deadline_in(5s))));
  while (!far_->peer_closed()) std::this_thread::yield();
  EXPECT_EQ(receive(*far_), "unread");
}

TEST_P(StreamTest, IsNotFitForReuseWithUnreadInput) {
  EXPECT_FALSE(near_->has_unread_input());
  send(*far_, "x");
  while (!near_->has_unread_input()) std::this_thread::yield();
  EXPECT_FALSE(near_->peer_closed());
}

TEST_P(StreamTest, EndsItsWaitsWhenCancelled) {
  asio::post(context_, [this] { near_->cancel(); });
  Bytes buffer(10);
  const auto count = run(near_->read_some(buffer, kNoDeadline));
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(run(near_->write_all(as_bytes("x"), kNoDeadline)).error().code, ErrorCode::kCancelled);
}

TEST_P(StreamTest, SaysWhereItCouldNotConnect) {
  Acceptor acceptor(context_.get_executor(), tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  const auto port = acceptor.local_endpoint().port();
  acceptor.close();
  const auto refused = run(Stream::connect({"127.0.0.1", port}, deadline_in(5s)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNetwork);
  EXPECT_NE(refused.error().detail.find(std::to_string(port)), std::string::npos);
  EXPECT_FALSE(run(Stream::connect({"no-such-host.invalid", 80}, deadline_in(5s))));
}

}  // namespace
}  // namespace minions::net
