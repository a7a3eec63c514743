#include "api/minion_session.h"

#include <fmt/format.h>

#include "api/document_facts.h"
#include "api/facts.h"
#include "api/minion_log.h"
#include "base/encoding.h"
#include "net/blocking.h"

namespace minions::api {
namespace {

constexpr std::chrono::milliseconds kCloseTime{1'000};
constexpr std::uint32_t kWorkerAnswerTokens = 2048;

// What answers are looked up in. Null: there is too much of it for this machine.
net::Task<std::unique_ptr<const grounding::FactIndex>> index_facts(std::span<const documents::Document> documents,
                                                                   net::Executor executor) {
  std::unique_ptr<const grounding::FactIndex> facts;
  std::size_t bytes = 0;
  for (const documents::Document& document : documents) {
    for (const documents::Page& page : document.pages) bytes += page.text.size();
  }
  if (bytes > grounding::kMostIndexedBytes) co_return facts;
  const auto build = [&] {
    try {
      FactTexts texts;
      for (const documents::Document& document : documents) texts.add(document);
      facts = std::make_unique<const grounding::FactIndex>(texts.views());
    } catch (const std::exception&) {
      // Out of memory: there is none then.
    }
  };
  co_await net::on_own_thread(executor, build);
  co_return facts;
}

// The supervisor behind the sealed session. Usage is what the receipt signs, not what the reply's text states.
class SealedSupervisor final : public runs::Supervisor {
 public:
  SealedSupervisor(client::SealedClient& client, chat::Concessions& concessions, client::ExchangeTiming setup)
      : client_(client), concessions_(concessions), setup_(setup) {}

  net::Task<runs::SupervisorExchange> ask(const chat::ChatRequest& request, chat::TokenSink& sink,
                                          std::stop_token stop) override {
    client::SealedCompletion sealed = co_await client::complete(client_, concessions_, request, sink, std::move(stop));
    runs::SupervisorExchange exchange;
    exchange.completion = std::move(sealed.completion);
    exchange.notes = concessions_.notes();
    for (const client::ExchangeOutcome& refused : sealed.refused) {
      exchange.wire_bytes += refused.data_bytes_sent;
      setup_.attestation_s += refused.timing.attestation_s;
      setup_.handshake_s += refused.timing.handshake_s;
      if (refused.reply) exchange.refused_receipts.push_back(receipt_json(*refused.reply));
    }
    const client::ExchangeOutcome& outcome = sealed.exchange;
    const client::ExchangeTiming& timing = outcome.timing;
    exchange.wire_bytes += outcome.data_bytes_sent;
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
  chat::Concessions& concessions_;
  client::ExchangeTiming setup_;
};

}  // namespace

Result<std::unique_ptr<MinionSession>> MinionSession::create(net::Executor executor, MinionSessionOptions options,
                                                             WorkerSource worker) {
  client::SealedClientOptions connection = std::move(options.connection);
  std::unique_ptr<MinionSession> session(new MinionSession(executor, std::move(options), std::move(worker)));
  session->unix_time_ = connection.unix_time;
  if (session->options_.logging == Logging::kOn) session->exchanges_ = client::ExchangeLog::in_memory();
  const client::SealedClient::Parts parts{session->random_, session->cache_, session->exchanges_.get()};
  MINIONS_TRY_ASSIGN(session->client_, client::SealedClient::create(std::move(executor), std::move(connection), parts));
  return session;
}

MinionSession::MinionSession(net::Executor executor, MinionSessionOptions options, WorkerSource worker)
    : options_(std::move(options)),
      executor_(std::move(executor)),
      source_(std::move(worker)),
      model_(options_.supervisor_model) {}

net::Task<void> MinionSession::end() {
  if (client_->session_parameters()) co_await client_->close(kCloseTime);
}

net::Task<Result<std::string>> MinionSession::model(std::stop_token stop) {
  if (!model_.empty()) co_return model_;
  client::SealedModels models = co_await client::list_models(*client_, std::move(stop));
  setup_ = models.exchange.timing;
  if (!models.listed) co_return fail(std::move(models.listed).error());
  if (models.listed->empty()) co_return fail(ErrorCode::kBackend, "the server lists no model; name the supervisor's");
  model_ = models.listed->front().id;
  co_return model_;
}

net::Task<Status> MinionSession::make_worker(std::stop_token stop) {
  if (worker_) co_return Status{};
  MINIONS_CO_TRY_ASSIGN(worker_, co_await source_.make(std::move(stop)));
  co_return Status{};
}

net::Task<RecordedRun> MinionSession::run(const MinionTask& task, const Result<Inputs>& inputs,
                                          runs::RunObserver& observer, std::stop_token stop) {
  RecordedRun run;
  if (!inputs) {
    run.error = inputs.error();
    write_log_of(task, {}, run);
    co_return run;
  }
  run = co_await converse(task, *inputs, observer, std::move(stop));
  run.result.notes.insert(run.result.notes.begin(), inputs->notes.begin(), inputs->notes.end());
  write_log_of(task, inputs->documents, run);
  co_return run;
}

net::Task<RecordedRun> MinionSession::converse(const MinionTask& task, const Inputs& inputs,
                                               runs::RunObserver& observer, std::stop_token stop) {
  RecordedRun run;
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
  std::unique_ptr<const grounding::FactIndex> facts;
  if (!inputs.documents.empty()) {
    facts = co_await index_facts(inputs.documents, executor_);
    if (facts == nullptr) run.result.notes.emplace_back(kNotLookedUp);
  }
  std::vector<std::string> notes = std::move(run.result.notes);
  SealedSupervisor supervisor(*client_, concessions_, std::exchange(setup_, {}));
  runs::RunInput input;
  input.task = {task.task, options_.system_prompt, task.metadata};
  input.documents = inputs.documents;
  input.facts = facts.get();
  input.images = inputs.images;
  input.supervisor_model = *std::move(model);
  input.supervisor_sampling = options_.supervisor_sampling;
  input.options.max_rounds = task.max_rounds.value_or(options_.max_rounds);
  input.options.max_answer_bytes = options_.max_answer_bytes;
  input.options.max_disclosed_bytes = task.max_disclosed_bytes;
  input.options.privacy = task.privacy;
  const runs::RunParts parts{
      supervisor,
      {*worker_->client, worker_->model, worker_->context_tokens,
       options_.worker_sampling.max_tokens.value_or(kWorkerAnswerTokens), options_.worker_sampling},
      observer,
      [] { return std::chrono::steady_clock::now(); }};
  runs::RunReport report = co_await runs::run(input, parts, std::move(stop));
  run.result = std::move(report.result);
  run.error = std::move(report.error);
  run.result.notes.insert(run.result.notes.begin(), notes.begin(), notes.end());
  if (run.result.answered) {
    const chat::Message final{chat::Role::kAssistant, run.result.final_answer.copy()};
    observer.message(minion::Sender::kSupervisor, &final, true);
  }
  co_return run;
}

void MinionSession::write_log_of(const MinionTask& task, std::span<const documents::Document> documents,
                                 RecordedRun& run) {
  if (client_->last_attestation() != nullptr) run.result.attestation = client_->last_attestation()->result.to_json();
  if (options_.logging == Logging::kOff) return;
  const crypto::SecretText sealed = exchanges_->drain();
  const UnixSeconds now = unix_time_();
  const std::string& worker = worker_ ? worker_->model : source_.name;
  const chat::Text json = minion_log(
      {task.task, documents, run.result, run.error, sealed.reveal(), client_->address(), worker, model_, now});
  const LogKey* key = options_.log_key ? &*options_.log_key : nullptr;
  auto written = write_log(options_.log_dir, log_name({task.logging_id, task.task, now}), json.reveal(), key, random_);
  if (written) {
    run.result.log_file = written->string();
  } else {
    run.log_error = std::move(written).error();
  }
}

}  // namespace minions::api
