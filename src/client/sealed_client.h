// The client of one server: attests it, opens a session to the attested key, and makes sealed exchanges in it, with the
// retries of docs/protocol.md section 7. No part of a request leaves before the server's statement was accepted. For
// the tasks of one io_context, on its thread; must outlive them.
#pragma once

#include "client/attempt.h"
#include "client/attesting.h"
#include "client/exchange_log.h"

namespace minions::client {

struct SealedClientOptions {
  net::Url server;
  attestation::AppraisalPolicy policy = attestation::AppraisalPolicy::built_in();
  std::optional<std::string> ca_file;  // PEM, instead of the system's store
  crypto::SecretText api_key;          // sealed in every request's head; empty: none
  RetryOptions retry;
  std::shared_ptr<const collateral::Collector> collector;  // null: what the server sends must suffice
  std::chrono::milliseconds no_progress{600'000};          // as long as a server waits for its model
  std::chrono::milliseconds connect_time{10'000};
  UnixClock unix_time;  // required
  // Told of each appraisal, accepted or not, before anything else is sent. Its error ends the call, and the next one
  // attests anew. The token is that of the call.
  std::function<net::Task<Status>(std::shared_ptr<const Attestation>, std::stop_token)> on_attested;

  [[nodiscard]] SealedClientOptions copy() const;
};

struct ExchangeTiming {
  double attestation_s = 0;  // 0: a verified statement was available
  double handshake_s = 0;    // 0: in a session that was open
  double seal_s = 0;         // by all attempts
  double open_s = 0;
  double first_data_s = 0;  // from the call to the first opened data; 0: none came
  double total_s = 0;
};

enum class Repetition { kNone, kMayHaveRunTwice };

struct ExchangeOutcome {
  Result<SealedReply> reply;
  std::optional<session::Alert> alert;  // the sealed one that ended the last attempt
  Repetition repetition = Repetition::kNone;
  unsigned attempts = 0;
  std::uint64_t data_bytes_sent = 0;  // by all attempts
  std::uint64_t sealed_bytes_sent = 0;
  ExchangeTiming timing;
  // What its session was opened to, or what was refused; null: nothing was appraised.
  std::shared_ptr<const Attestation> attestation = {};
};

class SealedClient {
 public:
  // kUsage for an invalid address or settings, kIo for a CA file that cannot be read. random, cache and log (may be
  // null) outlive the client.
  struct Parts {
    crypto::Random& random;
    StatementCache& cache;
    ExchangeLog* log = nullptr;
  };
  [[nodiscard]] static Result<std::unique_ptr<SealedClient>> create(net::Executor executor, SealedClientOptions options,
                                                                    const Parts& parts);
  // Erases the keys; close() also tells the server.
  ~SealedClient();
  SealedClient(const SealedClient&) = delete;
  SealedClient& operator=(const SealedClient&) = delete;

  // Attests again. A refusal is a result; an error means that there was nothing to appraise.
  [[nodiscard]] net::Task<Result<std::shared_ptr<const Attestation>>> attest(std::stop_token stop);

  // head.length and authorization are set here. What it refers to outlives the task.
  struct Request {
    session::RequestHead head;
    ByteView body;
    ReplySink& sink;
    // The model that the body asks for. It must be among those that the session's statement names: nothing states where
    // another model computes, or with which weights. kRefused, and nothing is sent. Nothing: the body names no model.
    std::optional<std::string> model{};
  };
  [[nodiscard]] net::Task<ExchangeOutcome> exchange(Request request, std::stop_token stop);

  // Tells the server to forget the session, if that works within the given time, and erases the keys.
  [[nodiscard]] net::Task<void> close(std::chrono::milliseconds time);

  // The last appraisal, accepted or not; null before the first.
  [[nodiscard]] const std::shared_ptr<const Attestation>& last_attestation() const { return last_attestation_; }
  // Of the open session; nothing if there is none.
  [[nodiscard]] std::optional<session::SessionParameters> session_parameters() const;
  // Whether a request was ever sent.
  [[nodiscard]] bool has_sent() const { return has_sent_; }
  [[nodiscard]] std::string address() const { return transport_.address(); }

 private:
  // Exchanges hold a reference: a replaced session ends with its last exchange.
  struct OpenSession {
    session::ClientSession keys;
    SteadyTime opened;
    SteadyTime last_used;
    std::shared_ptr<const Attestation> attestation;  // whose key it was opened to
  };
  using SessionPointer = std::shared_ptr<OpenSession>;

  SealedClient(Transport transport, SealedClientOptions options, const Parts& parts, net::Executor executor);

  [[nodiscard]] net::Task<Result<SessionPointer>> ready_session(ExchangeOutcome& outcome, std::stop_token stop);
  // Has the others wait meanwhile.
  [[nodiscard]] net::Task<Result<SessionPointer>> alone(net::Task<Result<SessionPointer>> opening);
  [[nodiscard]] net::Task<Result<SessionPointer>> open_session(ExchangeOutcome& outcome, std::stop_token stop);
  [[nodiscard]] net::Task<Result<std::shared_ptr<const Attestation>>> accepted_statement(ExchangeOutcome& outcome,
                                                                                         std::stop_token stop);
  struct HandshakeFailure {
    Error error;
    std::optional<int> plain_status;
  };
  [[nodiscard]] net::Task<tl::expected<SessionPointer, HandshakeFailure>> shake_hands(
      const attestation::VerifiedStatement& statement, std::stop_token stop);
  [[nodiscard]] net::Task<AttemptResult> one_attempt(OpenSession& session, const Request& request,
                                                     ExchangeOutcome& outcome, std::stop_token stop);
  [[nodiscard]] net::Task<Result<SealedReply>> exchange_with_retries(const Request& request, ExchangeOutcome& outcome,
                                                                     std::stop_token stop);
  [[nodiscard]] Status check_model(const Request& request, const OpenSession& session) const;
  [[nodiscard]] net::Task<Status> pause(std::chrono::milliseconds time, std::stop_token stop);
  [[nodiscard]] bool usable(const OpenSession& session) const;
  void drop_session(const SessionPointer& session);
  [[nodiscard]] StatementCache::Key cache_key() const { return {transport_.address(), options_.policy.digest()}; }

  net::Executor executor_;
  Transport transport_;
  SealedClientOptions options_;
  crypto::Random& random_;
  StatementCache& cache_;
  ExchangeLog* log_;
  SessionPointer session_;
  std::shared_ptr<const Attestation> last_attestation_;
  bool has_sent_ = false;  // a request, at some time
  bool opening_ = false;   // one task opens a session, the others wait for it
  std::uint64_t refusals_ = 0;
  net::Timer opening_ended_;
};

}  // namespace minions::client
