// What the client learns of a model server that fails, and what the model server learns of a client without a key.
#include "attester/temporary_directory.h"
#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

using session::AlertCode;
using session::Processed;

class BackendTest : public GatewayFixture {
 protected:
  [[nodiscard]] std::unique_ptr<ApiKeys> keys() {
    const auto file = directory_.path() / "keys";
    const auto alices = ApiKeys::add(file, "alice", random_);
    const auto bobs = ApiKeys::add(file, "bob", random_);
    key_ = alices->reveal();
    other_key_ = bobs->reveal();
    return ApiKeys::load(file).value();
  }
  void serve_with_keys(Settings settings = quick_settings()) {
    Serving serving;
    serving.settings = settings;
    serving.api_keys = keys();
    serve(std::move(serving));
  }
  [[nodiscard]] OpenedReply ask_with(session::ClientSession& session, std::string_view authorization,
                                     std::string_view data = "question") {
    session::RequestHead head = chat_head(data.size());
    head.headers.emplace_back("authorization", authorization);
    return ask(session, head, data);
  }

  attester::TemporaryDirectory directory_;
  std::string key_;
  std::string other_key_;
};

TEST_F(BackendTest, FailureIsASealedAlertAndNeverATrailer) {
  struct Case {
    Point at;
    std::vector<std::string> pieces;
    ErrorCode failure;
    AlertCode code;
    Processed processed;
  };
  const std::vector<Case> cases = {
      {Point::kOpen, {}, ErrorCode::kNetwork, AlertCode::kBackendFailed, Processed::kNo},
      {Point::kOpen, {}, ErrorCode::kTooLarge, AlertCode::kTooLarge, Processed::kNo},
      {Point::kOpen, {}, ErrorCode::kTimeout, AlertCode::kBackendFailed, Processed::kNo},
      {Point::kHead, {}, ErrorCode::kNetwork, AlertCode::kBackendFailed, Processed::kYes},
      {Point::kHead, {}, ErrorCode::kTimeout, AlertCode::kTimeout, Processed::kYes},
      {Point::kRead, {}, ErrorCode::kTruncated, AlertCode::kBackendFailed, Processed::kYes},
      {Point::kRead, {"half an", " answer"}, ErrorCode::kTruncated, AlertCode::kBackendFailed, Processed::kYes},
      {Point::kRead, {"half"}, ErrorCode::kTimeout, AlertCode::kTimeout, Processed::kYes},
  };
  for (const auto mode : {session::PaddingMode::kOff, session::PaddingMode::kTick}) {
    Settings settings = quick_settings();
    settings.padding = mode;
    settings.tick_ms = 5;
    serve(settings);
    auto session = open_session();
    for (const Case& each : cases) {
      backend_->set({.pieces = each.pieces, .fail_at = each.at, .failure = each.failure});
      const OpenedReply reply = ask(session);
      ASSERT_TRUE(reply.alert) << "a trailer after a failure at " << static_cast<int>(each.at);
      EXPECT_EQ(reply.alert->code, each.code) << static_cast<int>(each.at);
      EXPECT_EQ(reply.alert->processed, each.processed) << static_cast<int>(each.at);
      EXPECT_EQ(reply.alert->message.find("script"), std::string::npos) << "the backend's own words went out";
      std::string said;
      for (const std::string& piece : each.pieces) said += piece;
      EXPECT_EQ(reply.data, said);
    }
    backend_->set({});
    EXPECT_TRUE(ask(session).trailer);
  }
}

TEST_F(BackendTest, AnEarlyRefusalOfTheBackendReachesTheClient) {
  serve();
  auto session = open_session();
  backend_->set({.status = 413, .pieces = {R"({"error":"too long"})"}, .fail_at = Point::kWrite});
  const OpenedReply reply = ask(session, std::string(300'000, 'x'));
  ASSERT_TRUE(reply.trailer);
  EXPECT_EQ(reply.head->status, 413);
  EXPECT_EQ(reply.data, R"({"error":"too long"})");
}

TEST_F(BackendTest, AStatusOrTypeThatIsNoneIsNotPassedOn) {
  serve();
  auto session = open_session();
  backend_->set({.content_type = "text/plain\r\nset-cookie: x"});
  const OpenedReply reply = ask(session);
  ASSERT_TRUE(reply.trailer);
  EXPECT_TRUE(reply.head->headers.empty());
  for (const int status : {0, 199, 600}) {
    backend_->set({.status = status});
    const OpenedReply failed = ask(session);
    ASSERT_TRUE(failed.alert) << status;
    EXPECT_EQ(failed.alert->code, AlertCode::kBackendFailed);
  }
}

TEST_F(BackendTest, UsageThatIsNoJsonIsLeftOut) {
  serve();
  auto session = open_session();
  for (const char* usage : {R"({"n":1,"n":2})", R"({"n":01})", R"({"n":1,})"}) {
    backend_->set({.pieces = {R"({"usage":)" + std::string(usage) + "}"}});
    const OpenedReply reply = ask(session);
    ASSERT_TRUE(reply.trailer) << usage;
    EXPECT_EQ(reply.trailer->usage, "") << usage;
  }
}

TEST_F(BackendTest, NothingReachesItBeforeTheKeyIsChecked) {
  serve_with_keys();
  auto session = open_session();
  const std::string long_question(200'000, 'x');
  const OpenedReply none = ask(session, long_question);
  ASSERT_TRUE(none.alert);
  EXPECT_EQ(none.alert->code, AlertCode::kUnauthorized);
  EXPECT_EQ(none.alert->processed, Processed::kNo);
  for (const std::string& shown : {std::string("Bearer wrong"), key_, "bearer " + key_, "Bearer " + key_ + "x"}) {
    const OpenedReply reply = ask_with(session, shown, long_question);
    ASSERT_TRUE(reply.alert);
    EXPECT_EQ(reply.alert->code, AlertCode::kUnauthorized);
  }
  EXPECT_TRUE(backend_->calls().empty()) << "an unauthorised request reached the backend";
  EXPECT_TRUE(ask_with(session, "Bearer " + key_, long_question).trailer);
  EXPECT_EQ(backend_->calls().size(), 1U);
  EXPECT_FALSE(net::find(backend_->last().request.headers, "authorization"));
}

TEST_F(BackendTest, AnUnknownPathIsNotToldToTheUnauthorised) {
  serve_with_keys();
  auto session = open_session();
  session::RequestHead head;
  head.method = "GET";
  head.path = "/v1/unknown";
  EXPECT_EQ(ask(session, head, "").alert->code, AlertCode::kUnauthorized);
  head.headers = {{"authorization", "Bearer " + key_}};
  EXPECT_EQ(ask(session, head, "").alert->code, AlertCode::kNotFound);
}

TEST_F(BackendTest, AKeysRequestsAMinuteAreLimited) {
  Settings settings = quick_settings();
  settings.key_requests_per_minute = 2;
  serve_with_keys(settings);
  auto session = open_session();
  EXPECT_TRUE(ask_with(session, "Bearer " + key_).trailer);
  EXPECT_TRUE(ask_with(session, "Bearer " + key_).trailer);
  const OpenedReply third = ask_with(session, "Bearer " + key_);
  ASSERT_TRUE(third.alert);
  EXPECT_EQ(third.alert->code, AlertCode::kOverloaded);
  EXPECT_EQ(third.alert->processed, Processed::kNo);
  EXPECT_TRUE(ask_with(session, "Bearer " + other_key_).trailer) << "one key's quota is another's";
  EXPECT_EQ(backend_->calls().size(), 3U);
}

TEST_F(BackendTest, AKeysRunningRequestsAreLimited) {
  Settings settings = quick_settings();
  settings.key_concurrent_requests = 1;
  serve_with_keys(settings);
  auto session = open_session();
  backend_->set({.stall_at = Point::kHead});
  session::RequestHead head = chat_head(1);
  head.headers.emplace_back("authorization", "Bearer " + key_);
  const Bytes body = seal(session, head, "x").body();
  RawConnection running = connect();
  running.send(request_head("POST", stream_path(session), body.size()));
  running.send(body);
  ASSERT_TRUE(backend_->wait([](const SeenCall& call) { return call.stalled; }).stalled);
  backend_->set({});
  EXPECT_EQ(ask_with(session, "Bearer " + key_).alert->code, AlertCode::kOverloaded);
  EXPECT_TRUE(ask_with(session, "Bearer " + other_key_).trailer);
  running.close();
  // The first call in the list: the second was refused before it came here, the third is the other key's.
  for (int attempt = 0; !backend_->calls()[0].gone && attempt < 10'000; ++attempt) std::this_thread::yield();
  std::optional<OpenedReply> reply;
  for (int attempt = 0; attempt < 100 && !(reply && reply->trailer); ++attempt)
    reply = ask_with(session, "Bearer " + key_);
  EXPECT_TRUE(reply->trailer) << "the place of a request that went was not given back";
}

}  // namespace
}  // namespace minions::gateway
