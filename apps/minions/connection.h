// One server as a subcommand uses it: policy, sealed client, model, log and Ctrl-C put together from the options.
#pragma once

#include "client/sealed_model.h"
#include "interrupt.h"
#include "options.h"

namespace minions::app {

// The policy that the options name, with what their flags fill in; the built-in one where they name none.
[[nodiscard]] Result<attestation::AppraisalPolicy> read_policy(const ServerOptions& options);
// Reads every file that the options name.
[[nodiscard]] Result<client::SealedClientOptions> client_options(const ServerOptions& options);

// What is said on stderr of each appraisal, whatever came of it: who could read, once each; and what could not be had,
// where that may be why a server was refused.
class AttestationNotes {
 public:
  void tell(const client::Attestation& attestation);

 private:
  std::string told_readers_;  // the last warning about who could read
};

class Connection {
 public:
  // Reads every file that the options name; no network yet. as_of: a time to judge at, for attest() alone: what held at
  // another time opens no session.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> create(const ServerOptions& options,
                                                                  std::optional<UnixSeconds> as_of = std::nullopt);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Attests anew; the checks.
  [[nodiscard]] Result<std::shared_ptr<const client::Attestation>> attest();
  // What the server lists, in its order.
  [[nodiscard]] Result<std::vector<std::string>> model_ids();
  // The model of the options, or the first that the server lists.
  [[nodiscard]] Result<std::string> model_id();
  [[nodiscard]] Result<chat::Completion> complete(const chat::ChatRequest& request, chat::TokenSink& sink);

  [[nodiscard]] const client::SealedClient& client() const { return *client_; }
  // Of the last complete().
  [[nodiscard]] const std::optional<client::ExchangeOutcome>& last_exchange() const { return last_; }
  // Of the last complete(), with what attesting and opening the session took before it.
  [[nodiscard]] client::ExchangeTiming timing() const;
  // Breaks off the call that runs.
  void stop() { interrupt_.stop(); }
  // Ends the session and writes the log. kIo: the log could not be written.
  [[nodiscard]] Status finish();

 private:
  Connection() = default;
  [[nodiscard]] Status check_time_is_now() const;

  net::asio::io_context context_{1};
  crypto::SystemRandom random_;
  client::StatementCache cache_;
  std::unique_ptr<client::ExchangeLog> log_;
  Interrupt interrupt_{context_};
  std::string model_id_;
  client::ExchangeTiming setup_;  // of the call that listed the models
  AttestationNotes notes_;
  bool judges_now_ = true;
  std::unique_ptr<client::SealedClient> client_;
  std::optional<client::ExchangeOutcome> last_;
};

}  // namespace minions::app
