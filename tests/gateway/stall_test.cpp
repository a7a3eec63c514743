// Slow peers: memory stays bounded, the backend waits, and nobody else does.
#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

using session::PaddingMode;

class StallTest : public GatewayFixture, public ::testing::WithParamInterface<PaddingMode> {
 protected:
  void serve_padded(std::chrono::milliseconds write_stall) {
    Settings settings = quick_settings();
    settings.padding = GetParam();
    settings.tick_ms = 5;
    settings.write_stall = write_stall;
    serve(settings);
  }
  // Starts a reply without end and reads only its start.
  [[nodiscard]] RawConnection start_slow_reader(session::ClientSession& session) {
    backend_->set({.pieces = {std::string(64'000, 'x')}, .endless = true});
    const Bytes body = seal(session, "x").body();
    RawConnection slow = connect(8 * 1024);
    slow.send(request_head("POST", stream_path(session), body.size()));
    slow.send(body);
    EXPECT_TRUE(slow.read_some(1000));
    return slow;
  }
};

// What the kernel's two socket buffers may swallow, and what the gateway itself may hold.
constexpr std::size_t kBoundedBytes = std::size_t{8} * 1024 * 1024;

TEST_P(StallTest, ASlowReaderStallsTheBackendAndIsGivenUp) {
  serve_padded(1000ms);
  auto session = open_session();
  RawConnection slow = start_slow_reader(session);
  const SeenCall seen = backend_->wait([](const SeenCall& call) { return call.gone; });
  EXPECT_TRUE(seen.gone) << "a reader that stalls is waited for without end";
  EXPECT_GT(seen.bytes_given, 64'000U);
  EXPECT_LT(seen.bytes_given, kBoundedBytes) << "the backend was read on without the client";
}

TEST_P(StallTest, AReaderThatGoesOnGetsEveryByte) {
  serve_padded(20s);
  auto session = open_session();
  const std::vector<std::string> pieces(300, std::string(64'000, 'y'));
  backend_->set({.pieces = pieces});
  const SealedRequest request = seal(session, "x");
  const Bytes body = request.body();
  RawConnection slow = connect(16 * 1024);
  slow.send(request_head("POST", stream_path(session), body.size()));
  slow.send(body);
  // Until then at the latest the backend has been held up: the whole is far more than the buffers take.
  const SeenCall held =
      backend_->wait([](const SeenCall& call) { return call.bytes_given >= std::size_t{18} * 1024 * 1024; }, 300ms);
  EXPECT_LT(held.bytes_given, std::size_t{18} * 1024 * 1024);
  const OpenedReply reply = expect_reply(session, request, slow.read_reply());
  EXPECT_TRUE(reply.trailer);
  EXPECT_EQ(reply.data.size(), pieces.size() * 64'000);
}

TEST_P(StallTest, AStalledReaderStallsNobodyElse) {
  serve_padded(20s);
  auto session = open_session();
  RawConnection slow = start_slow_reader(session);
  backend_->set({});
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(ask(session).trailer) << i;
  EXPECT_EQ(get("/healthz").status, 200);
}

INSTANTIATE_TEST_SUITE_P(Modes, StallTest,
                         ::testing::Values(PaddingMode::kOff, PaddingMode::kBucket, PaddingMode::kTick,
                                           PaddingMode::kConstant),
                         [](const auto& of) { return std::string(session::name_of(of.param)); });

using StalledSenderTest = GatewayFixture;

TEST_F(StalledSenderTest, StallsNobodyElse) {
  serve();
  const auto statement = attest();
  auto session = open_session(statement);
  const Bytes body = seal(session, std::string(100'000, 'x')).body();
  std::vector<RawConnection> stalled;
  for (const std::size_t sent : {std::size_t{0}, std::size_t{4}, std::size_t{500}, body.size() - 1}) {
    stalled.push_back(connect());
    stalled.back().send(request_head("POST", stream_path(session), body.size()));
    stalled.back().send(ByteView(body).first(sent));
  }
  stalled.push_back(connect());
  stalled.back().send("GET /v2/att");
  stalled.push_back(connect());
  stalled.back().send(request_head("POST", "/v2/session", 1000));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(ask(session).trailer) << i;
  auto other = open_session(statement);
  EXPECT_TRUE(ask(other).trailer);
}

}  // namespace
}  // namespace minions::gateway
