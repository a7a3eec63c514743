// The Minion protocol over one sealed session: a remote supervisor in an attested VM, a worker on this machine,
// documents that stay here. One run at a time, on the executor's thread.
#pragma once

#include "api/inputs.h"
#include "api/log_file.h"
#include "client/sealed_model.h"
#include "runs/run.h"
#include "workers/worker.h"

namespace minions::api {

enum class Logging { kOn, kOff };

struct MinionSessionOptions {
  client::SealedClientOptions connection;
  std::string supervisor_model;  // empty: the first that the server lists
  unsigned max_rounds = 3;
  std::filesystem::path log_dir = "secure_minion_logs";
  Logging logging = Logging::kOn;
  std::optional<LogKey> log_key;
  std::string system_prompt;
  std::size_t max_answer_bytes = minion::ProtocolOptions{}.max_answer_bytes;
  chat::Sampling supervisor_sampling = {};
  chat::Sampling worker_sampling = {};  // without max_tokens: 2,048
};

// A worker that is created when the first run needs it, so that a run that fails without one has a log too.
struct WorkerSource {
  std::string name;  // for the log, until it exists
  std::function<net::Task<Result<workers::ReadyWorker>>(std::stop_token stop)> make;
};

// What a run is about, besides its documents.
struct MinionTask {
  std::string task;
  std::string metadata;  // about the documents, given to the supervisor
  std::string logging_id;
  std::optional<unsigned> max_rounds;  // instead of the options'
  minion::Privacy privacy = minion::Privacy::kOff;
  std::optional<std::size_t> max_disclosed_bytes;
};

struct RecordedRun {
  minion::MinionResult result;  // on failure too: as far as it got
  std::optional<Error> error;
  std::optional<Error> log_error;  // the log could not be written
};

class MinionSession {
 public:
  // Dials nothing yet. kUsage, kIo: settings or files that are invalid.
  [[nodiscard]] static Result<std::unique_ptr<MinionSession>> create(net::Executor executor,
                                                                     MinionSessionOptions options, WorkerSource worker);
  MinionSession(const MinionSession&) = delete;
  MinionSession& operator=(const MinionSession&) = delete;

  // Creates the worker, attests and asks, and writes the log. Later runs continue in the same sealed session while it
  // lasts. inputs: an error if a document could not be read, which the log reports.
  [[nodiscard]] net::Task<RecordedRun> run(const MinionTask& task, const Result<Inputs>& inputs,
                                           runs::RunObserver& observer, std::stop_token stop);
  // Tells the server to forget the session, and erases the keys.
  [[nodiscard]] net::Task<void> end();

  [[nodiscard]] const client::SealedClient& client() const { return *client_; }

 private:
  MinionSession(net::Executor executor, MinionSessionOptions options, WorkerSource worker);
  [[nodiscard]] net::Task<RecordedRun> converse(const MinionTask& task, const Inputs& inputs,
                                                runs::RunObserver& observer, std::stop_token stop);
  [[nodiscard]] net::Task<Status> make_worker(std::stop_token stop);
  [[nodiscard]] net::Task<Result<std::string>> model(std::stop_token stop);
  void write_log_of(const MinionTask& task, std::span<const documents::Document> documents, RecordedRun& run);

  MinionSessionOptions options_;
  net::Executor executor_;
  client::UnixClock unix_time_;
  WorkerSource source_;
  std::optional<workers::ReadyWorker> worker_;  // once it is created
  crypto::SystemRandom random_;
  client::StatementCache cache_;
  std::unique_ptr<client::ExchangeLog> exchanges_;
  std::unique_ptr<client::SealedClient> client_;
  std::string model_;
  chat::Concessions concessions_;
  client::ExchangeTiming setup_;  // of listing the models, until it is counted in a run
};

}  // namespace minions::api
