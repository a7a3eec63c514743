// A client that goes away, at every stage of an exchange: the work behind it stops within a second.
#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

struct Stage {
  const char* name;
  session::PaddingMode padding;
  BackendScript script;
  RawConnection::End end;
};

void PrintTo(const Stage& stage, std::ostream* out) { *out << stage.name; }

class DisconnectTest : public GatewayFixture, public ::testing::WithParamInterface<Stage> {};

TEST_P(DisconnectTest, CancelsTheBackendWithinASecond) {
  const Stage& stage = GetParam();
  Settings settings = quick_settings();
  settings.padding = stage.padding;
  serve(settings);
  auto session = open_session();
  backend_->set(stage.script);
  // Two data records, and few enough bytes for the socket's buffers: a FIN behind a closed window never arrives.
  const Bytes body = seal(session, std::string(66'000, 'x')).body();
  RawConnection connection = connect();
  connection.send(request_head("POST", stream_path(session), body.size()));
  connection.send(body);
  ASSERT_TRUE(backend_->wait([](const SeenCall& call) { return call.stalled; }).stalled);
  const auto left = std::chrono::steady_clock::now();
  connection.close(stage.end);
  const SeenCall seen = backend_->wait([](const SeenCall& call) { return call.gone; }, 5s);
  EXPECT_TRUE(seen.gone);
  EXPECT_LE(std::chrono::steady_clock::now() - left, 1s);
  backend_->set({});
  EXPECT_TRUE(ask(session).trailer) << "the session went with the connection";
}

std::vector<Stage> stages() {
  std::vector<Stage> all;
  for (const auto end : {RawConnection::End::kFin, RawConnection::End::kReset}) {
    for (const auto padding : {session::PaddingMode::kOff, session::PaddingMode::kTick}) {
      all.push_back({"Writing", padding, {.stall_at = Point::kWrite}, end});
      all.push_back({"Finishing", padding, {.stall_at = Point::kFinish}, end});
      all.push_back({"AwaitingTheHead", padding, {.stall_at = Point::kHead}, end});
      all.push_back({"AwaitingData", padding, {.pieces = {}, .stall_at = Point::kRead}, end});
      all.push_back({"AmidData", padding, {.pieces = {"some", "data"}, .stall_at = Point::kRead}, end});
    }
    all.push_back({"AwaitingData", session::PaddingMode::kConstant, {.pieces = {}, .stall_at = Point::kRead}, end});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Stages, DisconnectTest, ::testing::ValuesIn(stages()), [](const auto& of) {
  const Stage& stage = of.param;
  std::string name(stage.name);
  name += '_' + std::string(session::name_of(stage.padding));
  return name + (stage.end == RawConnection::End::kFin ? "_fin" : "_reset");
});

using GoneTest = GatewayFixture;

TEST_F(GoneTest, AClientThatLeavesWhileTheBackendIsDialledIsNoticedBeforeAnythingIsSent) {
  serve();
  auto session = open_session();
  backend_->set({.stall_at = Point::kOpen});
  const Bytes body = seal(session, "x").body();
  RawConnection connection = connect();
  connection.send(request_head("POST", stream_path(session), body.size()));
  connection.send(body);
  ASSERT_TRUE(backend_->wait([](const SeenCall& call) { return call.stalled; }).stalled);
  connection.close();
  const SeenCall seen = backend_->wait([](const SeenCall& call) { return call.gone; }, 5s);
  EXPECT_TRUE(seen.gone);
  EXPECT_FALSE(seen.finished);
}

TEST_F(GoneTest, AClientThatLeavesHalfwayThroughAHandshakeLeavesNoSession) {
  serve();
  const auto statement = attest();
  const auto handshake =
      session::ClientHandshake::start(statement, session::client_hello_json("test", 0), random_).value();
  for (std::size_t sent : {std::size_t{0}, std::size_t{40}, handshake.request().size() - 1}) {
    RawConnection connection = connect();
    connection.send(request_head("POST", "/v2/session", handshake.request().size()));
    connection.send(ByteView(handshake.request()).first(sent));
    connection.close(RawConnection::End::kReset);
  }
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(gateway_->context().sessions.unproven_count(), 0U);
}

}  // namespace
}  // namespace minions::gateway
