// What the sizes and number of a reply's records show in each padding mode.
#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

using session::PaddingMode;
using session::RecordType;

class PaddingTest : public GatewayFixture {
 protected:
  [[nodiscard]] session::ClientSession serve_padded(PaddingMode mode, std::uint32_t tick_ms = 20) {
    Settings settings = quick_settings();
    settings.padding = mode;
    settings.tick_ms = tick_ms;
    serve(settings);
    auto session = open_session();
    EXPECT_EQ(session.parameters().padding, mode);
    EXPECT_EQ(session.parameters().tick_ms, tick_ms);
    return session;
  }
  // A model that is silent for longer than this is given up.
  [[nodiscard]] static Settings padded(PaddingMode mode, std::chrono::milliseconds model_time) {
    Settings settings = quick_settings();
    settings.padding = mode;
    settings.tick_ms = 10;
    settings.model_time = model_time;
    return settings;
  }
  // Before its reply and in the middle of it.
  [[nodiscard]] static std::vector<BackendScript> silent_models() {
    return {BackendScript{.stall_at = Point::kHead}, BackendScript{.pieces = {"one"}, .stall_at = Point::kRead}};
  }
  static void expect_buckets(const OpenedReply& reply) {
    for (std::size_t i = 0; i < reply.types.size(); ++i)
      EXPECT_EQ(session::bucket(reply.plaintext_sizes[i]), reply.plaintext_sizes[i]) << "record " << i;
  }
};

TEST_F(PaddingTest, OffShowsEachPieceAsItIs) {
  auto session = serve_padded(PaddingMode::kOff);
  backend_->set({.pieces = {"a", std::string(1000, 'b'), std::string(70'000, 'c')}});
  const OpenedReply reply = ask(session);
  const std::vector<std::size_t> data_sizes(reply.plaintext_sizes.begin() + 1, reply.plaintext_sizes.end() - 1);
  EXPECT_EQ(data_sizes, (std::vector<std::size_t>{6, 1005, 65'536, 70'000 - 65'531 + 5}));
  EXPECT_EQ(reply.plaintext_sizes.back(), 1024U);
}

TEST_F(PaddingTest, BucketRoundsEachPiece) {
  auto session = serve_padded(PaddingMode::kBucket);
  backend_->set({.pieces = {"a", std::string(300, 'b'), std::string(70'000, 'c')}});
  const OpenedReply reply = ask(session);
  EXPECT_EQ(reply.plaintext_sizes, (std::vector<std::size_t>{256, 256, 1024, 65'536, 16'384, 1024}));
  EXPECT_EQ(reply.data, "a" + std::string(300, 'b') + std::string(70'000, 'c'));
}

TEST_F(PaddingTest, TheEndLooksTheSameHoweverItComes) {
  for (const auto mode : {PaddingMode::kOff, PaddingMode::kBucket, PaddingMode::kTick, PaddingMode::kConstant}) {
    auto session = serve_padded(mode, 5);
    backend_->set({});
    EXPECT_EQ(ask(session).plaintext_sizes.back(), 1024U);
    backend_->set({.pieces = {R"({"usage":{"prompt_tokens":12345}})"}});
    EXPECT_EQ(ask(session).plaintext_sizes.back(), 1024U);
    backend_->set({.fail_at = Point::kRead});
    const OpenedReply failed = ask(session);
    EXPECT_TRUE(failed.alert);
    EXPECT_EQ(failed.plaintext_sizes.back(), 1024U);
  }
}

TEST_F(PaddingTest, TickGathersWhatComesInOneTick) {
  auto session = serve_padded(PaddingMode::kTick);
  backend_->set({.pieces = std::vector<std::string>(500, "token ")});
  const OpenedReply reply = ask(session);
  ASSERT_TRUE(reply.trailer);
  EXPECT_EQ(reply.data.size(), 500U * 6);
  EXPECT_LT(reply.count(RecordType::kData), 50U) << "nearly a record a token";
  EXPECT_EQ(reply.count(RecordType::kFiller), 0U);
  expect_buckets(reply);
}

TEST_F(PaddingTest, TickCarriesMoreThanARecord) {
  auto session = serve_padded(PaddingMode::kTick, 5);
  const std::string large(300'000, 'z');
  backend_->set({.pieces = {large, large}});
  const OpenedReply reply = ask(session);
  ASSERT_TRUE(reply.trailer);
  EXPECT_EQ(reply.data, large + large);
  expect_buckets(reply);
}

TEST_F(PaddingTest, ConstantSendsFillerWhileThereIsNothing) {
  serve(padded(PaddingMode::kConstant, 600ms));
  auto session = open_session();
  for (const auto& script : silent_models()) {
    backend_->set(script);
    const OpenedReply reply = ask(session);
    ASSERT_TRUE(reply.alert);
    EXPECT_EQ(reply.alert->code, session::AlertCode::kTimeout);
    EXPECT_GT(reply.count(RecordType::kFiller), 5U);
    expect_buckets(reply);
  }
}

TEST_F(PaddingTest, OnlyConstantSendsFiller) {
  for (const auto mode : {PaddingMode::kOff, PaddingMode::kBucket, PaddingMode::kTick}) {
    serve(padded(mode, 400ms));
    auto session = open_session();
    backend_->set({.pieces = {"one"}, .stall_at = Point::kRead});
    const OpenedReply reply = ask(session);
    ASSERT_TRUE(reply.alert);
    EXPECT_EQ(reply.count(RecordType::kFiller), 0U);
    EXPECT_EQ(reply.data, "one");
  }
}

// So that the client knows that the server is there, and waits as long as it does.
TEST_F(PaddingTest, EveryModeSaysThatItWaits) {
  for (const auto mode : {PaddingMode::kOff, PaddingMode::kBucket, PaddingMode::kTick}) {
    Settings settings = padded(mode, 600ms);
    settings.waiting_sign = 100ms;
    serve(settings);
    auto session = open_session();
    for (const auto& script : silent_models()) {
      backend_->set(script);
      const OpenedReply reply = ask(session);
      ASSERT_TRUE(reply.alert);
      EXPECT_GE(reply.count(RecordType::kFiller), 3U);
      EXPECT_LE(reply.count(RecordType::kFiller), 6U);
      if (mode != PaddingMode::kOff) expect_buckets(reply);
    }
    backend_->set({.pieces = {"one", "two"}});
    const OpenedReply whole = ask(session);
    ASSERT_TRUE(whole.trailer);
    EXPECT_EQ(whole.count(RecordType::kFiller), 0U) << "a model that answers is not waited for";
  }
}

}  // namespace
}  // namespace minions::gateway
