#include "api/client_impl.h"
#include "api/minion_session.h"
#include "api/one_at_a_time.h"
#include "api/worker_options.h"

namespace minions {

using api::Call;

namespace {

Sender sender_of(minion::Sender sender) {
  return sender == minion::Sender::kSupervisor ? Sender::kSupervisor : Sender::kWorker;
}

Disclosure disclosure_of(const minion::LedgerEntry& entry) {
  Disclosure to;
  to.text = entry.text.reveal();
  for (const minion::QuotedPassage& passage : entry.passages)
    to.quotes.push_back({passage.document, passage.page, passage.text.size()});
  to.share_disclosed = entry.share_disclosed;
  return to;
}

// Passes what a run reports to the callbacks, on the calling thread.
class HandedEvents final : public runs::RunObserver {
 public:
  HandedEvents(Call& call, const RunOptions& options) : call_(call), options_(options) {}

  void message(minion::Sender sender, const chat::Message* message, bool is_final) override {
    if (!options_.on_message) return;
    std::shared_ptr<chat::Text> text;
    if (message != nullptr) text = std::make_shared<chat::Text>(message->content.copy());
    call_.hand_over([&told = options_.on_message, sender = sender_of(sender), text = std::move(text), is_final] {
      if (text == nullptr) return told(sender, nullptr, is_final);
      const std::string shown(text->reveal());
      told(sender, &shown, is_final);
    });
  }
  void progress(const runs::Progress& progress) override {
    if (!options_.on_progress) return;
    const RunProgress told{progress.round,  progress.max_rounds, sender_of(progress.thinking), progress.elapsed,
                           progress.pieces, progress.wire_bytes, progress.remote_prompt_tokens};
    call_.hand_over([this, told] { options_.on_progress(told); });
  }
  net::Task<runs::Approval> approve(const minion::LedgerEntry& entry) override {
    if (!options_.approve) co_return runs::Approval::kSend;
    // Named: GCC 12 destroys twice what a lambda inside a co_await expression holds.
    std::function<bool()> ask = [this, message = disclosure_of(entry)] { return options_.approve(message); };
    const bool approved = co_await call_.hand_over_and_wait(std::move(ask));
    co_return approved ? runs::Approval::kSend : runs::Approval::kStop;
  }

 private:
  Call& call_;
  const RunOptions& options_;
};

api::MinionTask task_of(const RunOptions& options) {
  api::MinionTask task;
  task.task = options.task;
  task.metadata = options.metadata;
  task.logging_id = options.logging_id;
  task.max_rounds = options.max_rounds;
  if (options.privacy) task.privacy = minion::Privacy::kOn;
  task.max_disclosed_bytes = options.max_disclosed_bytes;
  return task;
}

std::optional<Usage> usage_of(const std::optional<chat::Usage>& usage) {
  return usage ? std::optional(api::usage_of(*usage)) : std::nullopt;
}

MinionRun run_of(const api::RecordedRun& recorded) {
  const minion::MinionResult& result = recorded.result;
  MinionRun run;
  run.final_answer = result.final_answer.reveal();
  run.answered = result.answered;
  run.ending = result.ending;
  run.failure = recorded.error;
  run.log_failure = recorded.log_error;
  run.remote_usage = usage_of(result.remote_usage);
  run.local_usage = usage_of(result.local_usage);
  run.session = result.session_id;
  run.log_file = result.log_file;
  run.wire_bytes = result.wire_bytes();
  run.worker_text_bytes = result.worker_text_bytes();
  for (const minion::Citation& citation : result.citations)
    run.citations.push_back({citation.document, citation.page, std::string(minion::name_of(citation.state))});
  if (result.findings)
    run.documents = DocumentCheck{result.findings->not_in_documents, result.findings->computed,
                                  result.findings->is_unsupported, result.findings->is_partial};
  run.notes = result.notes;
  Json json = minion::to_json(result);
  if (recorded.error) json["error"] = api::error_json(*recorded.error);
  run.json = api::text_of(json);
  return run;
}

Result<api::MinionSessionOptions> session_options(const MinionOptions& options, const Client::Impl& client) {
  if (!client.options.log_file.empty())
    return fail(ErrorCode::kUsage, "log_file: a minion writes a log of its own for each run, to log_dir");
  api::MinionSessionOptions made;
  made.connection = client.read.copy();
  made.supervisor_model = options.supervisor_model.empty() ? client.options.model : options.supervisor_model;
  made.max_rounds = options.max_rounds;
  made.log_dir = options.log_dir;
  if (options.no_log) made.logging = api::Logging::kOff;
  if (!options.log_key_file.empty()) {
    MINIONS_TRY_ASSIGN(made.log_key, api::read_log_key(options.log_key_file));
  }
  made.system_prompt = options.system_prompt;
  MINIONS_TRY_ASSIGN(made.supervisor_sampling, api::read_sampling(options.sampling));
  return made;
}

}  // namespace

inline namespace v0 {

struct Minion::Impl {
  Impl(const DocumentOptions& documents, std::shared_ptr<Client::Impl> of, api::WorkerFiles files)
      : client(std::move(of)), worker(std::move(files)), reader(documents, api::PictureUse::kForWorker) {}
  ~Impl() {
    if (session == nullptr) return;
    end();
    // Its model may be of this process; whatever it waits with belongs to the I/O thread.
    Call call(client->io.executor(), {});
    (void)call.run([](Impl& impl) -> net::Task<bool> {
      impl.session.reset();
      co_return true;
    }(*this));
  }
  void end() {
    Call call(client->io.executor(), {});
    (void)call.run([](Impl& impl) -> net::Task<bool> {
      if (impl.under_way != nullptr) impl.under_way->cancel();
      while (impl.under_way != nullptr) co_await impl.run_ended.async_wait(net::use_task_tuple);
      co_await impl.session->end();
      co_return true;
    }(*this));
  }
  [[nodiscard]] net::Task<Result<workers::ReadyWorker>> make_worker(std::stop_token stop) {
    if (under_way != nullptr && told_worker) under_way->hand_over([this] { told_worker(); });
    workers::WorkerSetup setup = worker.setup(client->io.executor());
    setup.on_loading = [this](std::chrono::seconds since) {
      if (under_way != nullptr && told_loading) under_way->hand_over([this, since] { told_loading(since); });
    };
    return workers::make_worker(worker.spec, std::move(setup), std::move(stop));
  }
  [[nodiscard]] net::Task<Status> attested(std::shared_ptr<const client::Attestation> attestation) {
    last = std::make_shared<const Attestation>(api::attestation_of(*attestation, session->client()));
    if (under_way == nullptr || !client->options.on_attested) co_return Status{};
    std::function<bool()> tell = [told = last, &callback = client->options.on_attested] {
      callback(*told);
      return true;
    };
    const bool went_on = co_await under_way->hand_over_and_wait(std::move(tell));
    co_return went_on ? Status() : fail(ErrorCode::kCancelled, "cancelled");
  }

  std::shared_ptr<Client::Impl> client;  // for its options and its thread; the session is separate
  api::WorkerFiles worker;
  api::DocumentReader reader;
  std::unique_ptr<api::MinionSession> session;
  std::atomic<bool> busy = false;
  // Of the run that is under way, for the I/O thread.
  Call* under_way = nullptr;
  std::function<void()> told_worker;
  std::function<void(std::chrono::seconds)> told_loading;
  net::Timer run_ended{client->io.executor(), net::kNoDeadline};
  std::shared_ptr<const Attestation> last;
};

Minion::Minion(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Minion::Minion(Minion&&) noexcept = default;
Minion& Minion::operator=(Minion&&) noexcept = default;
Minion::~Minion() = default;

Result<Minion> Client::minion(MinionOptions options) const {
  MINIONS_TRY(impl_->check_open());
  MINIONS_TRY_ASSIGN(api::MinionSessionOptions made, session_options(options, *impl_));
  MINIONS_TRY_ASSIGN(api::WorkerFiles worker, api::read_worker(std::move(options.worker)));
  made.worker_sampling = worker.sampling;
  auto impl = std::make_unique<Minion::Impl>(options.documents, impl_, std::move(worker));
  Minion::Impl* const self = impl.get();
  made.connection.on_attested = [self](std::shared_ptr<const client::Attestation> attestation, std::stop_token) {
    return self->attested(std::move(attestation));
  };
  api::WorkerSource source{self->worker.spec.model,
                           [self](std::stop_token stop) { return self->make_worker(std::move(stop)); }};
  MINIONS_TRY_ASSIGN(impl->session,
                     api::MinionSession::create(impl_->io.executor(), std::move(made), std::move(source)));
  return Minion(std::move(impl));
}

MinionRun Minion::run(const RunOptions& options) {
  const auto refused = [](Error error) {
    api::RecordedRun run;
    run.error = std::move(error);
    return run_of(run);
  };
  const api::OneAtATime turn(impl_->busy);
  if (!turn.is_in()) return refused({ErrorCode::kUsage, "minion: another run of it is under way"});
  if (const Status open = impl_->client->check_not_closed(); !open) return refused(open.error());
  auto inputs = api::read_inputs(options, impl_->reader);
  if (const auto failed = impl_->reader.take_cache_error(); failed && inputs)
    inputs->notes.insert(inputs->notes.begin(), "no document cache: " + failed->detail);
  Call call(impl_->client->io.executor(), options.stop);
  HandedEvents events(call, options);
  const api::MinionTask task = task_of(options);
  const auto run = [&](Minion::Impl& impl) -> net::Task<api::RecordedRun> {
    if (const Status open = impl.client->check_not_closed(); !open) {
      api::RecordedRun closed;
      closed.error = open.error();
      co_return closed;
    }
    struct UnderWay {
      Minion::Impl& impl;
      ~UnderWay() {
        impl.under_way = nullptr;
        impl.run_ended.cancel();
      }
    };
    impl.under_way = &call;
    impl.told_worker = options.on_worker;
    impl.told_loading = options.on_loading;
    const UnderWay under_way{impl};
    co_return co_await impl.session->run(task, inputs, events, call.stop());
  };
  MinionRun made = run_of(impl_->client->run(call, run(*impl_)));
  made.attestation = impl_->last;
  return made;
}

void Minion::end_session() { impl_->end(); }

}  // namespace v0
}  // namespace minions
