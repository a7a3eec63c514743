#include <set>

#include "client/fixture.h"

namespace minions::client {
namespace {

using session::Alert;
using session::AlertCode;
using session::Processed;

class RetryTest : public ClientFixture {
 protected:
  void alert(AlertCode code, Processed processed, std::vector<std::string> pieces = {}) {
    FakeServerHooks hooks;
    hooks.answer = [=](const ReceivedExchange&) {
      return FakeReply{200, {}, pieces, {}, Alert{code, "because", processed}};
    };
    server_.set(std::move(hooks));
  }
  // Cuts the first reply of each run before its first record.
  void reset_first() {
    FakeServerHooks hooks;
    auto first = std::make_shared<std::atomic<bool>>(true);
    hooks.wire = [first](const std::vector<Bytes>& records) {
      if (first->exchange(false)) return WireReply{{}, WireReply::End::kAbort};
      return WireReply{join(records)};
    };
    server_.set(std::move(hooks));
  }
  void expect_different_streams() {
    std::set<std::pair<session::SessionId, session::StreamId>> used;
    for (const auto& exchange : server_.exchanges()) {
      EXPECT_TRUE(used.insert({exchange.session, exchange.n}).second) << "n " << exchange.n << " was used twice";
    }
  }
};

TEST_F(RetryTest, GivesEachAlertItsError) {
  const std::vector<std::pair<AlertCode, ErrorCode>> codes = {
      {AlertCode::kOverloaded, ErrorCode::kBackend},        {AlertCode::kTooLarge, ErrorCode::kBackend},
      {AlertCode::kUnauthorized, ErrorCode::kUnauthorized}, {AlertCode::kNotFound, ErrorCode::kBackend},
      {AlertCode::kBadRequest, ErrorCode::kBackend},        {AlertCode::kBackendFailed, ErrorCode::kBackend},
      {AlertCode::kTimeout, ErrorCode::kBackend},           {AlertCode::kCancelled, ErrorCode::kBackend},
      {AlertCode::kInternal, ErrorCode::kBackend}};
  for (const auto& [code, error] : codes) {
    alert(code, Processed::kYes);
    const auto outcome = ask();
    EXPECT_EQ(code_of(outcome), error);
    EXPECT_EQ(outcome.attempts, 1U);
    ASSERT_TRUE(outcome.alert);
    EXPECT_EQ(outcome.alert->code, code);
  }
}

TEST_F(RetryTest, TriesThreeTimesMoreWhatWasNotProcessed) {
  alert(AlertCode::kOverloaded, Processed::kNo);
  const auto outcome = ask();
  EXPECT_EQ(code_of(outcome), ErrorCode::kBackend);
  EXPECT_EQ(outcome.attempts, 4U);
  EXPECT_EQ(server_.exchanges().size(), 4U);
  EXPECT_EQ(server_.count_of("POST /v2/session"), 1U);
  expect_different_streams();
}

TEST_F(RetryTest, GoesOnWhenALaterTryIsAnswered) {
  FakeServerHooks hooks;
  auto left = std::make_shared<std::atomic<int>>(2);
  hooks.answer = [left](const ReceivedExchange&) {
    if (left->fetch_sub(1) > 0) return FakeReply{200, {}, {}, {}, Alert{AlertCode::kOverloaded, "", Processed::kNo}};
    return FakeReply{200, {}, {"at last"}, {}, {}};
  };
  server_.set(hooks);
  const auto outcome = ask();
  ASSERT_TRUE(outcome.reply) << outcome.reply.error().detail;
  EXPECT_EQ(sink_.text, "at last");
  EXPECT_EQ(outcome.attempts, 3U);
  EXPECT_FALSE(outcome.alert);
}

TEST_F(RetryTest, DoesNotTryAgainWhatCannotPass) {
  for (const auto code :
       {AlertCode::kUnauthorized, AlertCode::kTooLarge, AlertCode::kBadRequest, AlertCode::kNotFound}) {
    alert(code, Processed::kNo);
    EXPECT_EQ(ask().attempts, 1U);
  }
}

TEST_F(RetryTest, DoesNotTryAgainOnceDataWasGiven) {
  alert(AlertCode::kBackendFailed, Processed::kNo, {"some"});
  EXPECT_EQ(ask().attempts, 1U);
  EXPECT_EQ(sink_.text, "some");
}

TEST_F(RetryTest, RepeatsOnceInANewSessionAfterAResetAndSaysSo) {
  reset_first();
  const auto outcome = ask();
  ASSERT_TRUE(outcome.reply) << outcome.reply.error().detail;
  EXPECT_EQ(outcome.repetition, Repetition::kMayHaveRunTwice);
  EXPECT_EQ(outcome.attempts, 2U);
  EXPECT_EQ(server_.count_of("POST /v2/session"), 2U);
  expect_different_streams();
}

TEST_F(RetryTest, RepeatsOnceInANewSessionWhenTheServerForgotTheOld) {
  ASSERT_TRUE(ask().reply);
  server_.forget_sessions();
  const auto outcome = ask();
  ASSERT_TRUE(outcome.reply) << outcome.reply.error().detail;
  EXPECT_EQ(outcome.repetition, Repetition::kMayHaveRunTwice);
  EXPECT_EQ(server_.count_of("POST /v2/session"), 2U);
}

TEST_F(RetryTest, RepeatsAtMostOnce) {
  FakeServerHooks hooks;
  hooks.plain = [](std::string_view, std::string_view path) -> std::optional<PlainAnswer> {
    if (!path.starts_with("/v2/stream")) return std::nullopt;
    return PlainAnswer{404, {}, ""};
  };
  server_.set(hooks);
  const auto outcome = ask();
  EXPECT_EQ(code_of(outcome), ErrorCode::kNetwork);
  EXPECT_EQ(outcome.attempts, 2U);
  EXPECT_EQ(outcome.repetition, Repetition::kMayHaveRunTwice);
}

TEST_F(RetryTest, RepeatsNothingUncertainWhenToldNotTo) {
  auto with = options();
  with.retry.uncertain = RepeatUncertain::kNever;
  make_client(std::move(with));
  reset_first();
  const auto outcome = ask();
  EXPECT_EQ(code_of(outcome), ErrorCode::kTruncated);
  EXPECT_EQ(outcome.attempts, 1U);
  EXPECT_EQ(outcome.repetition, Repetition::kNone);
}

TEST_F(RetryTest, DoesNotRepeatAfterAReplyRecord) {
  FakeServerHooks hooks;
  hooks.wire = [](const std::vector<Bytes>& records) { return WireReply{records[0], WireReply::End::kAbort}; };
  server_.set(hooks);
  const auto outcome = ask();
  EXPECT_EQ(code_of(outcome), ErrorCode::kTruncated);
  EXPECT_EQ(outcome.attempts, 1U);
}

class FixedRandom final : public crypto::Random {
 public:
  explicit FixedRandom(std::uint8_t byte) : byte_(byte) {}
  void fill(MutableBytes out) override { std::fill(out.begin(), out.end(), byte_); }

 private:
  std::uint8_t byte_;
};

std::vector<std::chrono::milliseconds> waits(std::uint8_t random_byte) {
  FixedRandom random(random_byte);
  RetryRules rules(RetryOptions{}, random);
  AttemptFailure failure;
  failure.alert = Alert{AlertCode::kOverloaded, "", Processed::kNo};
  failure.reached = Reached::kReplyBegun;
  std::vector<std::chrono::milliseconds> found;
  for (;;) {
    const Retry retry = rules.after(failure);
    if (retry.step == RetryStep::kGiveUp) return found;
    found.push_back(retry.wait);
  }
}

TEST(RetryRules, WaitOneTwoFourSecondsGiveOrTakeHalf) {
  EXPECT_EQ(waits(0), (std::vector<std::chrono::milliseconds>{500ms, 1000ms, 2000ms}));
  EXPECT_EQ(waits(255), (std::vector<std::chrono::milliseconds>{1499ms, 2999ms, 5999ms}));
}

TEST(RetryRules, RepeatAtOnceWhereNothingWasWritten) {
  FixedRandom random(0);
  RetryRules rules({.uncertain = RepeatUncertain::kNever}, random);
  AttemptFailure failure;
  failure.error.code = ErrorCode::kNetwork;
  EXPECT_EQ(rules.after(failure).step, RetryStep::kAgain);
  EXPECT_EQ(rules.after(failure).step, RetryStep::kGiveUp);
}

}  // namespace
}  // namespace minions::client
