// A sealed client on the test's thread and a fake server on its own.
#pragma once

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "client/sealed_client.h"
#include "support/fake_server.h"

namespace minions::client {

using namespace std::chrono_literals;
using testing::FakeReply;
using testing::FakeServer;
using testing::FakeServerHooks;
using testing::FakeServerOptions;
using testing::kFakeNow;
using testing::PlainAnswer;
using testing::ReceivedExchange;
using testing::WireReply;

// Keeps what it gets; asks to stop after so many pieces.
class CollectingSink final : public ReplySink {
 public:
  bool head(const session::ReplyHead& head) override {
    status = head.status;
    return true;
  }
  bool data(std::string_view piece) override {
    text += piece;
    if (on_data) on_data();
    return ++pieces < stop_after;
  }

  void waiting() override {
    ++waits;
    if (on_waiting) on_waiting();
  }

  int status = 0;
  std::size_t waits = 0;
  std::function<void()> on_waiting;
  std::string text;
  std::size_t pieces = 0;
  std::size_t stop_after = static_cast<std::size_t>(-1);
  std::function<void()> on_data;
};

class ClientFixture : public ::testing::Test {
 protected:
  explicit ClientFixture(FakeServerOptions options = {}) : server_(std::move(options)) {}

  [[nodiscard]] attestation::AppraisalPolicy simulated_policy(std::string_view toml = "") const {
    attestation::PolicyFlags flags;
    flags.simulated = attestation::PolicyFlags::Simulated::kAllow;
    flags.trusted_attestation_pem = server_.attestation_pem();
    return attestation::AppraisalPolicy::parse(toml, "test.toml").value().with(flags).value();
  }
  [[nodiscard]] SealedClientOptions options() const {
    SealedClientOptions options;
    options.server = net::Url::parse(server_.url()).value();
    options.policy = simulated_policy();
    options.retry.backoff = {1ms, 1ms, 1ms};
    options.no_progress = 5s;
    options.unix_time = [this] { return now_; };
    return options;
  }
  SealedClient& client() {
    if (client_ == nullptr) make_client(options());
    return *client_;
  }
  void make_client(SealedClientOptions options) {
    client_ = SealedClient::create(context_.get_executor(), std::move(options), {random_, cache_, log_.get()}).value();
  }
  template <class T>
  [[nodiscard]] T run(net::Task<T> task) {
    return net::run_until_done(context_, std::move(task));
  }
  // One question in a sink of its own.
  [[nodiscard]] ExchangeOutcome ask(std::string_view body = "the question") {
    sink_ = CollectingSink();
    return ask(body, sink_, {});
  }
  [[nodiscard]] ExchangeOutcome ask(std::string_view body, CollectingSink& sink, std::stop_token stop) {
    session::RequestHead head;
    head.method = "POST";
    head.path = "/v1/chat/completions";
    SealedClient::Request request{std::move(head), as_bytes(body), sink};
    return run(client().exchange(std::move(request), stop));
  }
  [[nodiscard]] ErrorCode code_of(const ExchangeOutcome& outcome) {
    EXPECT_FALSE(outcome.reply) << "a reply was taken as complete";
    return outcome.reply ? ErrorCode::kInternal : outcome.reply.error().code;
  }

  UnixSeconds now_ = kFakeNow;
  FakeServer server_;
  net::asio::io_context context_;
  crypto::SystemRandom random_;
  StatementCache cache_;
  std::unique_ptr<ExchangeLog> log_;
  CollectingSink sink_;
  std::unique_ptr<SealedClient> client_;
};

// The records of a reply as one body.
inline Bytes join(std::span<const Bytes> records) {
  Bytes body;
  for (const Bytes& record : records) append(body, record);
  return body;
}

}  // namespace minions::client
