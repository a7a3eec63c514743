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
class SealedSupervisor final : public runs::Supervisor {
 public:
  SealedSupervisor(client::SealedClient& client, client::ExchangeTiming setup) : client_(client), setup_(setup) {}

  net::Task<runs::SupervisorExchange> ask(const chat::ChatRequest& request, std::stop_token stop) override {
    AnyTokens tokens;
    client::SealedCompletion sealed = co_await client::complete(client_, request, tokens, std::move(stop));
    runs::SupervisorExchange exchange;
    exchange.completion = std::move(sealed.completion);
    const client::ExchangeOutcome& outcome = sealed.exchange;
    const client::ExchangeTiming& timing = outcome.timing;
    exchange.wire_bytes = outcome.data_bytes_sent;
    exchange.attestation_s = timing.attestation_s + setup_.attestation_s;
    exchange.handshake_s = timing.handshake_s + setup_.handshake_s;
    setup_ = {};
    exchange.timing.supervisor_encryption = timing.seal_s;
    exchange.timing.supervisor_decryption = timing.open_s;
    exchange.timing.supervisor_transmission =
        std::max(0.0, timing.total_s - timing.seal_s - timing.open_s - timing.attestation_s - timing.handshake_s);
    if (!outcome.reply) co_return exchange;
    exchange.receipt = receipt_json(*outcome.reply);
    exchange.session_id = to_hex(outcome.reply->session);
    if (!exchange.completion) co_return exchange;
    if (outcome.reply->usage.empty()) {
      exchange.completion->usage.reset();
    } else if (auto usage = chat::parse_usage(outcome.reply->usage)) {
      exchange.completion->usage = *usage;
    }
    co_return exchange;
  }

 private:
  client::SealedClient& client_;
  client::ExchangeTiming setup_;
};

// Tells the callback, too.
class Observers final : public runs::RunObserver {
 public:
  Observers(const Callback& callback, runs::RunObserver* other) : callback_(callback), other_(other) {}
  void message(minion::Sender sender, const chat::Message* message, bool is_final) override {
    if (callback_) callback_(sender, message, is_final);
    if (other_ != nullptr) other_->message(sender, message, is_final);
  }
  void progress(const runs::Progress& progress) override {
    if (other_ != nullptr) other_->progress(progress);
  }
  net::Task<runs::Approval> approve(const minion::LedgerEntry& entry) override {
    if (other_ == nullptr) co_return runs::Approval::kSend;
    co_return co_await other_->approve(entry);
  }

 private:
  const Callback& callback_;
  runs::RunObserver* other_;
};

}  // namespace

Result<std::unique_ptr<SecureMinionProtocol>> SecureMinionProtocol::create(Loop loop, SecureMinionOptions options,
                                                                           workers::ReadyWorker worker) {
  const auto ready = std::make_shared<workers::ReadyWorker>(std::move(worker));
  return create(std::move(loop), std::move(options),
                WorkerSource{ready->model, [ready](std::stop_token) -> net::Task<Result<workers::ReadyWorker>> {
                               co_return std::move(*ready);
                             }});
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

net::Task<Result<std::string>> SecureMinionProtocol::model(std::stop_token stop) {
  if (!model_.empty()) co_return model_;
  client::SealedModels models = co_await client::list_models(*client_, std::move(stop));
  setup_ = models.exchange.timing;
  if (!models.ids) co_return fail(std::move(models.ids).error());
  if (models.ids->empty()) co_return fail(ErrorCode::kBackend, "the server lists no model; name the supervisor's");
  model_ = models.ids->front();
  co_return model_;
}

net::Task<Status> SecureMinionProtocol::make_worker(std::stop_token stop) {
  if (worker_) co_return Status{};
  MINIONS_CO_TRY_ASSIGN(worker_, co_await source_.make(std::move(stop)));
  co_return Status{};
}

MinionRun SecureMinionProtocol::call(MinionCall call) {
  auto inputs = read_inputs(call, options_.documents);
  MinionRun run;
  if (!inputs) {
    run.error = Error{ErrorCode::kDocument, std::move(inputs).error().detail};
    write_log_of(call, {}, run);
    return run;
  }
  run = net::run_until_done(loop_.context, converse(call, *inputs, loop_.begin()));
  run.result.notes.insert(run.result.notes.begin(), inputs->notes.begin(), inputs->notes.end());
  write_log_of(call, inputs->documents, run);
  return run;
}

net::Task<MinionRun> SecureMinionProtocol::converse(const MinionCall& call, const Inputs& inputs,
                                                    std::stop_token stop) {
  MinionRun run;
  Status made = co_await make_worker(stop);
  if (!made) {
    run.error = std::move(made).error();
    co_return run;
  }
  auto model = co_await this->model(stop);
  if (!model) {
    run.error = std::move(model).error();
    co_return run;
  }
  Observers observers(options_.callback, call.observer);
  SealedSupervisor supervisor(*client_, std::exchange(setup_, {}));
  runs::RunInput input;
  input.task = {call.task, options_.system_prompt, call.metadata};
  input.documents = inputs.documents;
  input.images = inputs.images;
  input.supervisor_model = *std::move(model);
  input.options.max_rounds = call.max_rounds.value_or(options_.max_rounds);
  input.options.max_answer_bytes = options_.max_answer_bytes;
  input.options.max_disclosed_bytes = call.max_disclosed_bytes;
  input.options.privacy = call.privacy;
  const runs::RunParts parts{supervisor,
                             {*worker_->client, worker_->model, worker_->context_tokens, options_.worker_answer_tokens},
                             observers,
                             [] { return std::chrono::steady_clock::now(); }};
  runs::RunReport report = co_await runs::run(input, parts, std::move(stop));
  run.result = std::move(report.result);
  run.error = std::move(report.error);
  if (run.result.answered) {
    const chat::Message final{chat::Role::kAssistant, run.result.final_answer.copy()};
    observers.message(minion::Sender::kSupervisor, &final, true);
  }
  co_return run;
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
