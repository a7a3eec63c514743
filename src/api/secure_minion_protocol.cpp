#include "api/secure_minion_protocol.h"

#include <fmt/format.h>

#include "api/minion_log.h"
#include "base/clock.h"
#include "base/encoding.h"

namespace minions::api {
namespace {

constexpr std::chrono::milliseconds kCloseTime{1'000};

class AnyTokens final : public chat::TokenSink {
 public:
  bool token(std::string_view) override { return true; }
};

Json receipt_json(const client::SealedReply& reply) {
  Json json = session::to_json(reply.receipt);
  json["session"] = to_hex(reply.session);
  json["n"] = reply.n;
  return json;
}

// The supervisor behind the sealed session. Usage is what the receipt signs, not what the reply's text says.
class SealedSupervisor final : public minion::Supervisor {
 public:
  SealedSupervisor(client::SealedModel& model, client::ExchangeTiming setup) : model_(model), setup_(setup) {}

  minion::SupervisorExchange ask(const chat::ChatRequest& request) override {
    AnyTokens tokens;
    minion::SupervisorExchange exchange;
    exchange.completion = model_.complete(request, tokens);
    const client::ExchangeOutcome& outcome = *model_.last_exchange();
    const client::ExchangeTiming& timing = outcome.timing;
    exchange.wire_bytes = outcome.data_bytes_sent;
    exchange.attestation_s = timing.attestation_s + setup_.attestation_s;
    exchange.handshake_s = timing.handshake_s + setup_.handshake_s;
    setup_ = {};
    exchange.timing.supervisor_encryption = timing.seal_s;
    exchange.timing.supervisor_decryption = timing.open_s;
    exchange.timing.supervisor_transmission =
        std::max(0.0, timing.total_s - timing.seal_s - timing.open_s - timing.attestation_s - timing.handshake_s);
    if (!outcome.reply) return exchange;
    exchange.receipt = receipt_json(*outcome.reply);
    exchange.session_id = to_hex(outcome.reply->session);
    if (!exchange.completion) return exchange;
    if (outcome.reply->usage.empty()) {
      exchange.completion->usage.reset();
    } else if (auto usage = chat::parse_usage(outcome.reply->usage)) {
      exchange.completion->usage = *usage;
    }
    return exchange;
  }

 private:
  client::SealedModel& model_;
  client::ExchangeTiming setup_;
};

// Tells the callback, too.
class Observers final : public minion::RunObserver {
 public:
  Observers(const Callback& callback, minion::RunObserver* other) : callback_(callback), other_(other) {}
  void message(minion::Sender sender, const chat::Message* message, bool is_final) override {
    if (callback_) callback_(sender, message, is_final);
    if (other_ != nullptr) other_->message(sender, message, is_final);
  }
  void progress(const minion::Progress& progress) override {
    if (other_ != nullptr) other_->progress(progress);
  }
  minion::Approval approve(const minion::LedgerEntry& entry) override {
    return other_ == nullptr ? minion::Approval::kSend : other_->approve(entry);
  }
  bool stop_requested() override { return other_ != nullptr && other_->stop_requested(); }

 private:
  const Callback& callback_;
  minion::RunObserver* other_;
};

}  // namespace

Result<std::unique_ptr<SecureMinionProtocol>> SecureMinionProtocol::create(Loop loop, SecureMinionOptions options,
                                                                           workers::ReadyWorker worker) {
  const auto ready = std::make_shared<workers::ReadyWorker>(std::move(worker));
  return create(std::move(loop), std::move(options),
                WorkerSource{ready->model, [ready]() -> Result<workers::ReadyWorker> { return std::move(*ready); }});
}

Result<std::unique_ptr<SecureMinionProtocol>> SecureMinionProtocol::create(Loop loop, SecureMinionOptions options,
                                                                           WorkerSource worker) {
  client::SealedClientOptions made;
  auto url = net::Url::parse(options.supervisor_url);
  if (!url) return fail(std::move(url).error().in("supervisor"));
  made.server = *std::move(url);
  made.policy = options.policy;
  made.ca_file = options.ca_file;
  made.api_key = options.api_key.copy();
  made.retry = options.retry;
  made.collector = options.collector;
  if (!options.unix_time) options.unix_time = system_time;
  made.unix_time = options.unix_time;
  made.on_attested = options.on_attested;
  std::unique_ptr<SecureMinionProtocol> protocol(
      new SecureMinionProtocol(std::move(loop), std::move(options), std::move(worker)));
  SecureMinionProtocol& p = *protocol;
  if (p.options_.logging == Logging::kOn) p.exchanges_ = client::ExchangeLog::in_memory();
  const client::SealedClient::Parts parts{p.random_, p.cache_, p.exchanges_.get()};
  MINIONS_TRY_ASSIGN(p.client_, client::SealedClient::create(p.loop_.context.get_executor(), std::move(made), parts));
  p.sealed_.emplace(p.loop_.context, *p.client_, p.loop_.begin);
  return protocol;
}

SecureMinionProtocol::SecureMinionProtocol(Loop loop, SecureMinionOptions options, WorkerSource worker)
    : loop_(std::move(loop)),
      options_(std::move(options)),
      source_(std::move(worker)),
      model_(options_.supervisor_model) {}

SecureMinionProtocol::~SecureMinionProtocol() { end_session(); }

void SecureMinionProtocol::end_session() {
  if (client_ == nullptr || !client_->session_parameters()) return;
  const auto closing = [](client::SealedClient& closed) -> net::Task<bool> {
    co_await closed.close(kCloseTime);
    co_return true;
  };
  (void)net::run_until_done(loop_.context, closing(*client_));
}

Result<std::string> SecureMinionProtocol::model() {
  if (!model_.empty()) return model_;
  const auto models = sealed_->models();
  setup_ = sealed_->last_exchange()->timing;
  if (!models) return fail(models.error());
  if (models->empty()) return fail(ErrorCode::kBackend, "the server lists no model; name the supervisor's");
  model_ = models->front();
  return model_;
}

Status SecureMinionProtocol::make_worker() {
  if (worker_) return {};
  MINIONS_TRY_ASSIGN(worker_, source_.make());
  return {};
}

MinionRun SecureMinionProtocol::call(MinionCall call) {
  auto inputs = read_inputs(call, options_.documents);
  MinionRun run;
  if (!inputs) {
    run.error = Error{ErrorCode::kDocument, std::move(inputs).error().detail};
    write_log_of(call, {}, run);
    return run;
  }
  run = converse(call, *inputs);
  run.result.notes.insert(run.result.notes.begin(), inputs->notes.begin(), inputs->notes.end());
  write_log_of(call, inputs->documents, run);
  return run;
}

MinionRun SecureMinionProtocol::converse(const MinionCall& call, const Inputs& inputs) {
  MinionRun run;
  if (Status made = make_worker(); !made) {
    run.error = std::move(made).error();
    return run;
  }
  auto model = this->model();
  if (!model) {
    run.error = std::move(model).error();
    return run;
  }
  Observers observers(options_.callback, call.observer);
  SealedSupervisor supervisor(*sealed_, std::exchange(setup_, {}));
  minion::RunInput input;
  input.task = {call.task, options_.system_prompt, call.metadata};
  input.documents = inputs.documents;
  input.images = inputs.images;
  input.supervisor_model = *std::move(model);
  input.options.max_rounds = call.max_rounds.value_or(options_.max_rounds);
  input.options.max_answer_bytes = options_.max_answer_bytes;
  input.options.max_disclosed_bytes = call.max_disclosed_bytes;
  input.options.privacy = call.privacy;
  const minion::RunParts parts{
      supervisor,
      {*worker_->client, worker_->model, worker_->context_tokens, options_.worker_answer_tokens},
      observers,
      [] { return std::chrono::steady_clock::now(); }};
  minion::RunReport report = minion::run(input, parts);
  run.result = std::move(report.result);
  run.error = std::move(report.error);
  if (run.result.answered) {
    const chat::Message final{chat::Role::kAssistant, run.result.final_answer.copy()};
    observers.message(minion::Sender::kSupervisor, &final, true);
  }
  return run;
}

void SecureMinionProtocol::write_log_of(const MinionCall& call, std::span<const documents::Document> documents,
                                        MinionRun& run) {
  if (client_->last_attestation() != nullptr) run.result.attestation = client_->last_attestation()->result.to_json();
  if (options_.logging == Logging::kOff) return;
  const crypto::SecretText sealed = exchanges_->drain();
  const UnixSeconds now = options_.unix_time();
  const std::string& worker = worker_ ? worker_->model : source_.name;
  const chat::Text json = minion_log(
      {call.task, documents, run.result, run.error, sealed.reveal(), client_->address(), worker, model_, now});
  const LogKey* key = options_.log_key ? &*options_.log_key : nullptr;
  auto written = write_log(options_.log_dir, log_name({call.logging_id, call.task, now}), json.reveal(), key, random_);
  if (written) {
    run.result.log_file = written->string();
  } else {
    run.log_error = std::move(written).error();
  }
}

}  // namespace minions::api
