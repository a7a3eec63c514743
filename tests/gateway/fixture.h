// A whole gateway on loopback, in front of a scripted backend, with a clock of the test's; and the client's half of the
// protocol, cut into pieces that a hostile client can send otherwise.
#pragma once

#include <gtest/gtest.h>

#include <atomic>

#include "attestation/core/appraise.h"
#include "attester/simulated.h"
#include "base/encoding.h"
#include "gateway/gateway.h"
#include "gateway/raw_connection.h"
#include "gateway/scripted_backend.h"
#include "session/client_session.h"

namespace minions::gateway {

using namespace std::chrono_literals;

// Simulated evidence that comes when the gate is open.
class GatedAttester final : public attester::Attester {
 public:
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = true;
    std::size_t collections = 0;  // begun

    void set(bool to);
    // Until so many have begun.
    [[nodiscard]] bool wait_begun(std::size_t count);
  };
  explicit GatedAttester(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}

  [[nodiscard]] std::string_view platform() const override { return "simulated"; }
  [[nodiscard]] Result<attestation::Evidence> collect_gpus(const Digest32&) override { return attestation::Evidence{}; }
  [[nodiscard]] Result<attestation::Evidence> collect(const attester::ReportData& data) override;
  [[nodiscard]] Result<attestation::Endorsements> endorsements() override { return simulated_.endorsements(); }

 private:
  std::shared_ptr<Gate> gate_;
  attester::SimulatedAttester simulated_;
};

// One sealed request as its records; the first has u64(n) before it.
struct SealedRequest {
  session::StreamContext context{};
  std::vector<Bytes> records;
  Digest32 transcript{};
  crypto::SecretArray<32> reply_key;

  [[nodiscard]] Bytes body() const;
};

// A sealed reply, opened. Of a good one either the trailer or the alert is there.
struct OpenedReply {
  std::optional<session::ReplyHead> head;
  std::string data;
  std::optional<session::ReplyTrailer> trailer;
  std::optional<session::Alert> alert;
  Digest32 transcript{};
  std::vector<session::RecordType> types;
  std::vector<std::size_t> plaintext_sizes;
  bool finished = false;  // the final record came

  [[nodiscard]] std::size_t count(session::RecordType type) const;
};

inline session::RequestHead chat_head(std::size_t length) {
  return {"POST", "/v1/chat/completions", {{"content-type", "application/json"}}, length};
}

class GatewayFixture : public ::testing::Test {
 protected:
  GatewayFixture();
  ~GatewayFixture() override;

  // Padding off and short times.
  [[nodiscard]] static Settings quick_settings();
  struct Serving {
    Settings settings = quick_settings();
    std::unique_ptr<ApiKeys> api_keys;
    net::ServerOptions server;
    std::chrono::milliseconds answer_time{10'000};
    std::vector<attestation::ModelEntry> models{
        {"scripted", "test", attestation::ModelEntry::Where::kInProcess, std::nullopt}};
    std::vector<Digest32> tls_spki_sha256;
  };
  // In place of what was served before.
  void serve(Serving serving);
  void serve(const Settings& settings);
  void serve() { serve(Serving{}); }
  void stop();

  [[nodiscard]] RawConnection connect(int receive_buffer = 0) { return RawConnection(port_, receive_buffer); }
  // On a connection of its own.
  [[nodiscard]] RawReply get(std::string_view target) { return exchange("GET", target, {}); }
  [[nodiscard]] RawReply post(std::string_view target, ByteView body) { return exchange("POST", target, body); }
  [[nodiscard]] RawReply exchange(std::string_view method, std::string_view target, ByteView body);
  [[nodiscard]] static std::string request_head(std::string_view method, std::string_view target,
                                                std::optional<std::size_t> length);

  [[nodiscard]] attestation::AppraisalPolicy policy(std::string_view toml = "") const;
  [[nodiscard]] attestation::AttestationResult appraise(std::string_view document,
                                                        std::optional<attestation::Nonce> nonce,
                                                        std::string_view policy_toml = "") const;
  // Fetches a document over a fresh nonce and appraises it.
  [[nodiscard]] attestation::VerifiedStatement attest(std::string_view policy_toml = "");
  [[nodiscard]] session::ClientSession open_session(const attestation::VerifiedStatement& statement);
  [[nodiscard]] session::ClientSession open_session() { return open_session(attest()); }

  [[nodiscard]] static std::string stream_path(const session::ClientSession& session) {
    return "/v2/stream/" + to_hex(session.parameters().session);
  }
  [[nodiscard]] static SealedRequest seal(session::ClientSession& session, const session::RequestHead& head,
                                          std::string_view data);
  [[nodiscard]] static SealedRequest seal(session::ClientSession& session, std::string_view data) {
    return seal(session, chat_head(data.size()), data);
  }
  // What opens of it. Fails the test for anything that is no prefix of a good reply.
  [[nodiscard]] static OpenedReply open(const SealedRequest& request, Bytes body);
  // A whole reply: HTTP 200, its end, the final record, and a receipt that fits where it has a trailer.
  [[nodiscard]] OpenedReply expect_reply(const session::ClientSession& session, const SealedRequest& request,
                                         const RawReply& reply);
  [[nodiscard]] OpenedReply ask(session::ClientSession& session, const session::RequestHead& head,
                                std::string_view data);
  [[nodiscard]] OpenedReply ask(session::ClientSession& session, std::string_view data = "question") {
    return ask(session, chat_head(data.size()), data);
  }
  // limit: the name of the one that was reached.
  void expect_plain_error(const RawReply& reply, int status, std::string_view code, std::string_view limit = {});

  std::atomic<UnixSeconds> now_ = 1'790'000'000;
  std::shared_ptr<ScriptedBackend> backend_ = std::make_shared<ScriptedBackend>();
  std::shared_ptr<GatedAttester::Gate> gate_ = std::make_shared<GatedAttester::Gate>();
  crypto::SystemRandom random_;
  std::string operator_pem_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace minions::gateway
