// The Minion protocol over a sealed session, for programs: a remote supervisor in an attested VM, a worker on this
// machine, documents that stay here. One run at a time, on the calling thread.
#pragma once

#include "api/log_file.h"
#include "client/sealed_model.h"
#include "documents/loader.h"
#include "runs/run.h"
#include "workers/worker.h"

namespace minions::api {

// The sender, its message (null: it has begun to work on one), and whether it is the final answer.
using Callback = std::function<void(minion::Sender sender, const chat::Message* message, bool is_final)>;

enum class Logging { kOn, kOff };

struct SecureMinionOptions {
  std::string supervisor_url;
  std::string supervisor_model;  // empty: the first that the server lists
  unsigned max_rounds = 3;
  Callback callback;
  std::filesystem::path log_dir = "secure_minion_logs";
  Logging logging = Logging::kOn;
  std::optional<LogKey> log_key;
  std::string system_prompt;

  // What the server must show, and how it is reached. The address here is supervisor_url's.
  attestation::AppraisalPolicy policy = attestation::AppraisalPolicy::built_in();
  std::optional<std::string> ca_file;
  crypto::SecretText api_key;
  client::RetryOptions retry;
  // Brings certificates and key sets that the server's evidence needs beside what it sends; null: that must do.
  std::shared_ptr<const collateral::Collector> collector;
  std::function<void(const client::Attestation&)> on_attested;
  client::UnixClock unix_time;  // empty: the system's clock

  std::size_t max_answer_bytes = minion::ProtocolOptions{}.max_answer_bytes;
  std::uint32_t worker_answer_tokens = 2048;
  documents::LoadOptions documents;  // a cache it names outlives the protocol
};

// A worker that is made when the first run needs it, so that a run which fails for want of one has a log, too.
struct WorkerSource {
  std::string name;  // for the log, until it is there
  std::function<net::Task<Result<workers::ReadyWorker>>(std::stop_token stop)> make;
};

// What a call is about. Only the task is needed.
struct MinionCall {
  std::string task;
  std::vector<std::string> context;            // texts, one a document
  std::vector<documents::Document> documents;  // read already
  std::vector<std::filesystem::path> files;    // of any kind that src/documents reads
  std::vector<std::filesystem::path> images;   // PNG, JPEG, GIF, WebP: for the worker
  std::uint64_t max_image_pixels = 0;          // larger pictures are made smaller; 0: they stay as they are
  std::optional<std::filesystem::path> pdf;
  std::optional<std::filesystem::path> folder;  // recursively; what is skipped is noted
  std::string metadata;                         // about the documents, told to the supervisor
  std::string logging_id;
  std::optional<unsigned> max_rounds;  // in place of the options'
  minion::Privacy privacy = minion::Privacy::kOff;
  std::optional<std::size_t> max_disclosed_bytes;
  runs::RunObserver* observer = nullptr;                        // beside the callback
  std::function<void(const documents::Document&)> on_document;  // told of each that was read
};

struct MinionRun {
  minion::MinionResult result;  // on failure, too: as far as it came, with its log
  std::optional<Error> error;
  std::optional<Error> log_error;  // the log could not be written
};

// All that a call names, in its order; notes about what a reader must know, such as skipped files.
struct Inputs {
  std::vector<documents::Document> documents;
  std::vector<chat::Image> images;
  std::vector<std::string> notes;
};
[[nodiscard]] Result<Inputs> read_inputs(MinionCall& call, const documents::LoadOptions& options);

class SecureMinionProtocol {
 public:
  // What the whole program shares: its io_context, and the token by which each call may be broken off.
  struct Loop {
    net::asio::io_context& context;
    std::function<std::stop_token()> begin = [] { return std::stop_token(); };
  };
  // Dials nothing yet. kUsage, kIo: settings or files that make no sense.
  [[nodiscard]] static Result<std::unique_ptr<SecureMinionProtocol>> create(Loop loop, SecureMinionOptions options,
                                                                            workers::ReadyWorker worker);
  [[nodiscard]] static Result<std::unique_ptr<SecureMinionProtocol>> create(Loop loop, SecureMinionOptions options,
                                                                            WorkerSource worker);
  ~SecureMinionProtocol();
  SecureMinionProtocol(const SecureMinionProtocol&) = delete;
  SecureMinionProtocol& operator=(const SecureMinionProtocol&) = delete;

  // Reads the documents first, then makes the worker, attests and asks. Later calls go on in the same sealed session
  // while it lasts.
  [[nodiscard]] MinionRun call(MinionCall call);
  // Tells the server to forget the session, and erases the keys.
  void end_session();

  [[nodiscard]] const client::SealedClient& client() const { return *client_; }

 private:
  SecureMinionProtocol(Loop loop, SecureMinionOptions options, WorkerSource worker);
  [[nodiscard]] net::Task<MinionRun> converse(const MinionCall& call, const Inputs& inputs, std::stop_token stop);
  [[nodiscard]] net::Task<Status> make_worker(std::stop_token stop);
  [[nodiscard]] net::Task<Result<std::string>> model(std::stop_token stop);
  void write_log_of(const MinionCall& call, std::span<const documents::Document> documents, MinionRun& run);

  Loop loop_;
  SecureMinionOptions options_;
  WorkerSource source_;
  std::optional<workers::ReadyWorker> worker_;  // once it is made
  crypto::SystemRandom random_;
  client::StatementCache cache_;
  std::unique_ptr<client::ExchangeLog> exchanges_;
  std::unique_ptr<client::SealedClient> client_;
  std::string model_;
  client::ExchangeTiming setup_;  // of listing the models, until it is counted in a run
};

}  // namespace minions::api
