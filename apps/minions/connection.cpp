#include "connection.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "collateral.h"
#include "exit_code.h"
#include "small_file.h"
#include "verdict_lines.h"

namespace minions::app {
namespace {

constexpr std::chrono::milliseconds kCloseTime{1'000};

// One line of what may stand in a header.
Result<crypto::SecretText> read_api_key(const std::string& file) {
  MINIONS_TRY_ASSIGN(std::string text, read_small_file(file, "--api-key-file"));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (text.empty() || !printable || text.size() > 4096)
    return fail(ErrorCode::kUsage, fmt::format("--api-key-file: {} holds no key", file));
  return crypto::SecretText(std::move(text));
}

}  // namespace

Result<attestation::AppraisalPolicy> read_policy(const ServerOptions& options) {
  auto policy = attestation::AppraisalPolicy::built_in();
  if (!options.policy_file.empty()) {
    MINIONS_TRY_ASSIGN(const std::string text, read_small_file(options.policy_file, "--policy"));
    MINIONS_TRY_ASSIGN(policy, attestation::AppraisalPolicy::parse(text, options.policy_file));
  }
  attestation::PolicyFlags flags;
  if (options.allow_simulated) flags.simulated = attestation::PolicyFlags::Simulated::kAllow;
  if (!options.trusted_attestation_pem.empty()) {
    MINIONS_TRY_ASSIGN(flags.trusted_attestation_pem,
                       read_small_file(options.trusted_attestation_pem, "--trusted-attestation-pem"));
  }
  if (!options.vm_launch_measurement.empty()) {
    MINIONS_TRY_ASSIGN(flags.vm_launch_measurement,
                       read_small_file(options.vm_launch_measurement, "--vm-launch-measurement"));
  }
  return policy.with(flags);
}

Result<client::SealedClientOptions> client_options(const ServerOptions& options) {
  client::SealedClientOptions made;
  auto url = net::Url::parse(options.server);
  if (!url) return fail(std::move(url).error().in("--server"));
  made.server = *std::move(url);
  MINIONS_TRY_ASSIGN(made.policy, read_policy(options));
  if (!options.ca_file.empty()) made.ca_file = options.ca_file;
  MINIONS_TRY_ASSIGN(made.collector, make_collector(options.collateral));
  if (!options.api_key_file.empty()) {
    MINIONS_TRY_ASSIGN(made.api_key, read_api_key(options.api_key_file));
  }
  if (options.no_retry) made.retry.uncertain = client::RepeatUncertain::kNever;
  made.unix_time = system_time;
  return made;
}

void AttestationNotes::tell(const client::Attestation& attestation) {
  warn_of_readers(attestation.result, told_readers_);
  if (attestation.result.accepted()) return;
  hint_at_missing(attestation.missing);
}

Result<std::unique_ptr<Connection>> Connection::create(const ServerOptions& options, std::optional<UnixSeconds> as_of) {
  MINIONS_TRY_ASSIGN(client::SealedClientOptions made, client_options(options));
  std::unique_ptr<Connection> connection(new Connection);
  Connection& c = *connection;
  if (as_of) {
    made.unix_time = [time = *as_of] { return time; };
    c.judges_now_ = false;
  }
  if (!options.log_file.empty()) {
    MINIONS_TRY_ASSIGN(c.log_, client::ExchangeLog::create(options.log_file));
  }
  c.model_id_ = options.model;
  made.on_attested = [&c](const client::Attestation& attestation) { c.notes_.tell(attestation); };
  const client::SealedClient::Parts parts{c.random_, c.cache_, c.log_.get()};
  MINIONS_TRY_ASSIGN(c.client_, client::SealedClient::create(c.context_.get_executor(), std::move(made), parts));
  return connection;
}

Connection::~Connection() { (void)finish(); }

Result<std::shared_ptr<const client::Attestation>> Connection::attest() {
  auto attested = net::run_until_done(context_, client_->attest(interrupt_.begin()));
  interrupt_.end();
  return attested;
}

Status Connection::check_time_is_now() const {
  if (judges_now_) return {};
  return fail(ErrorCode::kInternal, "a session with a server that was judged at another time");
}

Result<std::vector<std::string>> Connection::model_ids() {
  MINIONS_TRY(check_time_is_now());
  client::SealedModels models = net::run_until_done(context_, client::list_models(*client_, interrupt_.begin()));
  interrupt_.end();
  setup_ = models.exchange.timing;
  last_ = std::move(models.exchange);
  return std::move(models.ids);
}

Result<std::string> Connection::model_id() {
  if (!model_id_.empty()) return model_id_;
  auto models = model_ids();
  if (!models) return fail(std::move(models).error());
  if (models->empty()) return fail(ErrorCode::kBackend, "the server lists no model; name one with --model");
  model_id_ = models->front();
  return model_id_;
}

Result<chat::Completion> Connection::complete(const chat::ChatRequest& request, chat::TokenSink& sink) {
  MINIONS_TRY(check_time_is_now());
  client::SealedCompletion sealed =
      net::run_until_done(context_, client::complete(*client_, request, sink, interrupt_.begin()));
  interrupt_.end();
  last_ = std::move(sealed.exchange);
  if (last_->repetition == client::Repetition::kMayHaveRunTwice)
    warn("the connection was lost and the request was sent again: it may have run twice");
  return std::move(sealed.completion);
}

client::ExchangeTiming Connection::timing() const {
  client::ExchangeTiming timing = last_exchange()->timing;
  timing.attestation_s += setup_.attestation_s;
  timing.handshake_s += setup_.handshake_s;
  return timing;
}

Status Connection::finish() {
  if (client_ != nullptr && client_->session_parameters()) {
    const auto closing = [](client::SealedClient& closed) -> net::Task<bool> {
      co_await closed.close(kCloseTime);
      co_return true;
    };
    (void)net::run_until_done(context_, closing(*client_));
  }
  return log_ == nullptr ? Status() : log_->finish();
}

}  // namespace minions::app
