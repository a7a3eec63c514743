#include <nlohmann/json.hpp>

#include "client/fixture.h"

namespace minions::client {
namespace {

class ExchangeTest : public ClientFixture {};

TEST_F(ExchangeTest, GivesACompleteReplyWithItsReceipt) {
  FakeServerHooks hooks;
  hooks.answer = [](const ReceivedExchange&) {
    return FakeReply{201, {{"content-type", "text/plain"}}, {"one ", "two"}, R"({"prompt_tokens":3})", {}};
  };
  server_.set(hooks);
  const auto outcome = ask();
  ASSERT_TRUE(outcome.reply) << outcome.reply.error().detail;
  EXPECT_EQ(sink_.text, "one two");
  EXPECT_EQ(outcome.reply->head.status, 201);
  EXPECT_EQ(outcome.reply->usage, R"({"prompt_tokens":3})");
  EXPECT_EQ(outcome.reply->receipt.time, kFakeNow);
  EXPECT_EQ(outcome.attempts, 1U);
  EXPECT_EQ(outcome.repetition, Repetition::kNone);
  EXPECT_EQ(outcome.data_bytes_sent, std::string_view("the question").size());
  const auto got = server_.exchanges();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].body, "the question");
  EXPECT_EQ(got[0].head.length, got[0].body.size());
}

TEST_F(ExchangeTest, SendsALargeBodyWhole) {
  std::string body(1'000'000, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  const auto outcome = ask(body);
  ASSERT_TRUE(outcome.reply) << outcome.reply.error().detail;
  EXPECT_TRUE(server_.exchanges().at(0).body == body);
  EXPECT_GT(outcome.sealed_bytes_sent, body.size());
}

TEST_F(ExchangeTest, RefusesARequestOverTheServersLimitUnsent) {
  FakeServerOptions limits;
  limits.session.max_request = 4000;
  FakeServer small(limits);
  auto with = options();
  with.server = net::Url::parse(small.url()).value();
  attestation::PolicyFlags flags;
  flags.simulated = attestation::PolicyFlags::Simulated::kAllow;
  flags.trusted_attestation_pem = small.attestation_pem();
  with.policy = attestation::AppraisalPolicy::built_in().with(flags).value();
  make_client(std::move(with));
  EXPECT_EQ(code_of(ask(std::string(5000, 'x'))), ErrorCode::kTooLarge);
  EXPECT_EQ(small.count_of("POST /v2/stream"), 0U);
  EXPECT_TRUE(ask("short").reply);
}

TEST_F(ExchangeTest, KeepsOneSessionAndNumbersItsExchanges) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ask().reply);
  EXPECT_EQ(server_.count_of("GET /v2/attestation"), 1U);
  EXPECT_EQ(server_.count_of("POST /v2/session"), 1U);
  const auto got = server_.exchanges();
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].n, i);
}

TEST_F(ExchangeTest, SealsTheApiKeyInTheHead) {
  auto with = options();
  with.api_key = crypto::SecretText("key-of-the-user");
  make_client(std::move(with));
  ASSERT_TRUE(ask().reply);
  EXPECT_EQ(session::find_header(server_.exchanges().at(0).head.headers, "authorization"), "Bearer key-of-the-user");
}

TEST_F(ExchangeTest, StopsWhenTheSinkSaysSo) {
  FakeServerHooks hooks;
  hooks.answer = [](const ReceivedExchange&) { return FakeReply{200, {}, {"one", "two", "three"}}; };
  server_.set(hooks);
  CollectingSink sink;
  sink.stop_after = 2;
  EXPECT_EQ(code_of(ask("q", sink, {})), ErrorCode::kCancelled);
  EXPECT_EQ(sink.text, "onetwo");
}

TEST_F(ExchangeTest, StopsWhenAsked) {
  FakeServerHooks hooks;
  hooks.wire = [](std::vector<Bytes> records) { return WireReply{join({records.data(), 2}), WireReply::End::kHold}; };
  server_.set(hooks);
  std::stop_source stop;
  CollectingSink sink;
  sink.on_data = [&] { net::asio::post(context_, [&] { stop.request_stop(); }); };
  const auto outcome = ask("q", sink, stop.get_token());
  EXPECT_EQ(code_of(outcome), ErrorCode::kCancelled);
  EXPECT_EQ(outcome.attempts, 1U);
  server_.set({});
  EXPECT_TRUE(ask().reply) << "the session goes on after a call that was broken off";
}

TEST_F(ExchangeTest, SendsNothingWhenStoppedBefore) {
  std::stop_source stop;
  stop.request_stop();
  CollectingSink sink;
  EXPECT_EQ(code_of(ask("q", sink, stop.get_token())), ErrorCode::kCancelled);
  EXPECT_TRUE(server_.exchanges().empty());
}

TEST_F(ExchangeTest, TellsTheServerWhenItCloses) {
  ASSERT_TRUE(ask().reply);
  ASSERT_TRUE(client().session_parameters());
  (void)run([](SealedClient& closed) -> net::Task<bool> {
    co_await closed.close(2s);
    co_return true;
  }(client()));
  EXPECT_FALSE(client().session_parameters());
  const auto got = server_.exchanges();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[1].head.method, "DELETE");
  EXPECT_EQ(got[1].head.path, "/v2/session");
}

}  // namespace
}  // namespace minions::client
