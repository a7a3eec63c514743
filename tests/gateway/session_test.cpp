// Handshakes and the life of sessions.
#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

using SessionTest = GatewayFixture;

TEST_F(SessionTest, BothSuitesWork) {
  serve();
  for (const char* suite : {"hybrid", "classical"}) {
    auto session = open_session(attest("[session]\nsuite = \"" + std::string(suite) + "\"\n"));
    EXPECT_TRUE(ask(session).trailer) << suite;
  }
}

TEST_F(SessionTest, EveryFlippedBitOfAHandshakeIsRefused) {
  serve();
  const auto statement = attest();
  const auto handshake =
      session::ClientHandshake::start(statement, session::client_hello_json("test", 0), random_).value();
  Bytes body = handshake.request();
  for (std::size_t at = 0; at < body.size(); ++at) {
    const auto flip = static_cast<std::uint8_t>(1U << (at % 8));
    body[at] ^= flip;
    const int status = post("/v2/session", body).status;
    EXPECT_EQ(status, at < 32 ? 421 : 400) << "byte " << at;
    body[at] ^= flip;
  }
  EXPECT_EQ(post("/v2/session", body).status, 200);
}

TEST_F(SessionTest, HandshakesOfOtherLengthsAreRefused) {
  serve();
  const auto statement = attest();
  const auto handshake =
      session::ClientHandshake::start(statement, session::client_hello_json("test", 0), random_).value();
  for (std::size_t size = 0; size < handshake.request().size(); size += size < 70 ? 1 : 61)
    expect_plain_error(post("/v2/session", ByteView(handshake.request()).first(size)), 400, "malformed");
  Bytes longer = handshake.request();
  longer.push_back(0);
  expect_plain_error(post("/v2/session", longer), 400, "malformed");
  longer.resize(9000);
  expect_plain_error(post("/v2/session", longer), 413, "too_large", "handshake_bytes");
}

TEST_F(SessionTest, AStaleStatementGives421) {
  serve();
  const auto statement = attest();
  const auto handshake =
      session::ClientHandshake::start(statement, session::client_hello_json("test", 0), random_).value();
  auto session = open_session(statement);
  now_ += 900 + 61;
  expect_plain_error(post("/v2/session", handshake.request()), 421, "stale_statement");
  // What was opened before goes on.
  EXPECT_TRUE(ask(session).trailer);
  // A nonce waits for the epoch that is due.
  const auto next = attest();
  EXPECT_NE(next.digest(), statement.digest());
  auto fresh = open_session(next);
  EXPECT_TRUE(ask(fresh).trailer);
}

TEST_F(SessionTest, UnknownSessionsGive404) {
  serve();
  auto session = open_session();
  const Bytes body = seal(session, "x").body();
  for (const std::string& id : {std::string(32, '0'), std::string(), std::string(31, '0'), std::string(33, '0'),
                                std::string(32, 'A'), std::string(32, 'x'), std::string("../healthz")}) {
    expect_plain_error(post("/v2/stream/" + id, body), 404, "unknown_session");
  }
}

TEST_F(SessionTest, KeysOfOneSessionOpenNothingInAnother) {
  serve();
  const auto statement = attest();
  auto one = open_session(statement);
  auto other = open_session(statement);
  expect_plain_error(post(stream_path(other), seal(one, "x").body()), 400, "malformed");
  EXPECT_TRUE(backend_->calls().empty());
}

TEST_F(SessionTest, EndsAfter1000BadTagsAndNotAfter999) {
  serve();
  const auto statement = attest();
  auto session = open_session(statement);
  auto victim = open_session(statement);
  Bytes bad = seal(session, "x").body();
  bad.back() ^= 1;
  // Each post is a bad tag under the same n: its first record never opens.
  bad[20] ^= 1;
  const auto post_bad = [&](const session::ClientSession& to) { return post(stream_path(to), bad).status; };
  for (int i = 0; i < 999; ++i) ASSERT_EQ(post_bad(session), 400) << i;
  EXPECT_TRUE(ask(session).trailer) << "999 bad tags ended the session";
  EXPECT_EQ(post_bad(session), 400);
  expect_plain_error(post(stream_path(session), seal(session, "x").body()), 404, "unknown_session");
  EXPECT_TRUE(ask(victim).trailer) << "another session ended with it";
}

TEST_F(SessionTest, CutBodiesAreNoBadTags) {
  serve();
  auto session = open_session();
  const Bytes body = seal(session, "x").body();
  for (int i = 0; i < 1100; ++i) ASSERT_EQ(post(stream_path(session), ByteView(body).first(200)).status, 400) << i;
  EXPECT_TRUE(ask(session).trailer);
}

TEST_F(SessionTest, DeleteClosesItAndCancelsItsOtherStreams) {
  std::size_t calls = 0;
  for (const auto point : {Point::kWrite, Point::kFinish, Point::kHead, Point::kRead}) {
    serve();
    auto session = open_session();
    backend_->set({.stall_at = point});
    const SealedRequest running = seal(session, std::string(100'000, 'r'));
    RawConnection other = connect();
    const Bytes body = running.body();
    other.send(request_head("POST", stream_path(session), body.size()));
    other.send(body);
    ASSERT_TRUE(backend_->wait_call(++calls, [](const SeenCall& call) { return call.stalled; }).stalled);

    session::RequestHead closing;
    closing.method = "DELETE";
    closing.path = "/v2/session";
    const OpenedReply reply = ask(session, closing, "");
    ASSERT_TRUE(reply.trailer);
    EXPECT_EQ(reply.head->status, 204);

    EXPECT_TRUE(backend_->wait([](const SeenCall& call) { return call.cancelled; }, 1s).cancelled)
        << "stalled at " << static_cast<int>(point);
    const RawReply cut = other.read_reply(5s);
    if (cut.status == 200) {
      const OpenedReply ended = open(running, cut.body);
      EXPECT_FALSE(ended.trailer);
      if (ended.alert) {
        EXPECT_EQ(ended.alert->code, session::AlertCode::kCancelled);
      }
    }
    expect_plain_error(post(stream_path(session), body), 404, "unknown_session");
  }
}

TEST_F(SessionTest, DeleteNeedsNoAuthorization) {
  serve();
  auto session = open_session();
  session::RequestHead closing;
  closing.method = "DELETE";
  closing.path = "/v2/session";
  EXPECT_TRUE(ask(session, closing, "").trailer);
  EXPECT_TRUE(backend_->calls().empty());
}

TEST_F(SessionTest, CarriesTwoStreamsAtOnce) {
  serve();
  auto session = open_session();
  backend_->set({.pieces = {"slow"}, .stall_at = Point::kRead});
  const SealedRequest first = seal(session, "first");
  RawConnection slow = connect();
  slow.send(request_head("POST", stream_path(session), first.body().size()));
  slow.send(first.body());
  ASSERT_TRUE(backend_->wait([](const SeenCall& call) { return call.stalled; }).stalled);
  backend_->set({.pieces = {"fast"}});
  EXPECT_EQ(ask(session, "second").data, "fast");
  // n of the first may be lower than what was answered since.
  const SealedRequest third = seal(session, "third");
  const SealedRequest fourth = seal(session, "fourth");
  EXPECT_TRUE(expect_reply(session, fourth, post(stream_path(session), fourth.body())).trailer);
  EXPECT_TRUE(expect_reply(session, third, post(stream_path(session), third.body())).trailer);
}

TEST_F(SessionTest, LimitsItsStreams) {
  Settings settings = quick_settings();
  settings.max_streams = 2;
  serve(settings);
  auto session = open_session();
  backend_->set({.stall_at = Point::kHead});
  std::vector<RawConnection> running;
  for (std::size_t i = 1; i <= 2; ++i) {
    const Bytes body = seal(session, "x").body();
    running.push_back(connect());
    running.back().send(request_head("POST", stream_path(session), body.size()));
    running.back().send(body);
    ASSERT_TRUE(backend_->wait_call(i, [](const SeenCall& call) { return call.stalled; }).stalled);
  }
  expect_plain_error(post(stream_path(session), seal(session, "x").body()), 429, "busy", "session_streams");
}

}  // namespace
}  // namespace minions::gateway
