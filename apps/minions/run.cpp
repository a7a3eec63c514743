#include "run.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "api/secure_minion_protocol.h"
#include "attachments.h"
#include "connection.h"
#include "document_reading.h"
#include "line_editor.h"
#include "net/blocking.h"
#include "report.h"
#include "terminal.h"

namespace minions::app {
namespace {

// Progress on a terminal, and the question before each message that leaves.
class RunScreen final : public runs::RunObserver {
 public:
  RunScreen(net::asio::io_context& context, bool approve) : context_(context), approve_(approve) {}
  void begin(std::stop_token stop) { stop_ = std::move(stop); }

  void read(const documents::Document& document) {
    tell(
        fmt::format("read {}: {} page{}", document.name, document.pages.size(), document.pages.size() == 1 ? "" : "s"));
  }
  void making(const workers::WorkerSpec& worker) {
    if (worker.kind == workers::WorkerKind::kLlama) tell("loading " + worker.model);
  }
  void progress(const runs::Progress& progress) override {
    tell(fmt::format("round {} of {}: the {} thinks; {} bytes sent, {} remote tokens", progress.round,
                     progress.max_rounds, minion::name_of(progress.thinking), progress.wire_bytes,
                     progress.remote_prompt_tokens));
  }
  net::Task<runs::Approval> approve(const minion::LedgerEntry& entry) override {
    if (!approve_) co_return runs::Approval::kSend;
    print_err("--- to the supervisor, {} bytes:\n{}\n---\n", entry.text.size(), entry.text.reveal());
    for (const minion::QuotedPassage& passage : entry.passages)
      print_err("    quotes {} bytes of [{}, page {}]\n", passage.text.size(), line_for_terminal(passage.document),
                passage.page);
    print_err("    {:.2f} % of the documents disclosed with it. Send? [y/N] ", entry.share_disclosed * 100);
    std::fflush(stderr);
    bool yes = false;
    co_await net::on_own_thread(context_.get_executor(), [&] { yes = read_yes(); });
    co_return yes ? runs::Approval::kSend : runs::Approval::kStop;
  }

 private:
  void tell(const std::string& line) const {
    if (terminal_) print_err("{}\n", line_for_terminal(line));
  }

  // A line of standard input, read byte by byte: what follows it belongs to the next question. Ctrl-C is a no.
  bool read_yes() {
    std::string line;
    while (!stop_.stop_requested()) {
      pollfd waiting{STDIN_FILENO, POLLIN, 0};
      const int ready = ::poll(&waiting, 1, 100);
      if (ready <= 0) continue;
      char c = 0;
      if (::read(STDIN_FILENO, &c, 1) <= 0) return false;
      if (c == '\n') return line == "y" || line == "Y" || line == "yes";
      line += c;
    }
    return false;
  }

  net::asio::io_context& context_;
  bool approve_;
  std::stop_token stop_;
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
};

Result<crypto::SecretText> read_key(const std::string& file) {
  std::ifstream in(file);
  std::string key;
  if (!std::getline(in, key) || key.empty())
    return fail(ErrorCode::kUsage, fmt::format("--worker-key-file: {} holds no key", file));
  while (!key.empty() && (key.back() == '\r' || key.back() == ' ')) key.pop_back();
  return crypto::SecretText(std::move(key));
}

std::string worker_text(const RunOptions& options) {
  if (!options.worker.empty()) return options.worker;
  // The prototype's names of its clients.
  std::string type = options.local_client_type;
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return type == "extractive" ? type : type + ":" + options.local_model;
}

class RunCommand {
 public:
  explicit RunCommand(const RunOptions& options)
      : options_(options), reading_(options.documents), screen_(context_, options.approve) {}

  [[nodiscard]] ExitCode run() {
    // Before anything starts a child.
    keys_ = workers::VendorKeys::take_from_environment();
    if (const Status ready = prepare(); !ready) {
      if (options_.format == OutputFormat::kJson)
        (void)print_line({{"error", error_json(ready.error(), std::nullopt)}});
      return report(ready.error());
    }
    if (!options_.task.empty()) return one(options_.task);
    return interactive();
  }

 private:
  [[nodiscard]] Status prepare() {
    if (!options_.max_disclosed.empty()) {
      MINIONS_TRY_ASSIGN(max_disclosed_, parse_size(options_.max_disclosed));
    }
    if (options_.approve && options_.task.empty() && ::isatty(STDIN_FILENO) != 1)
      return fail(ErrorCode::kUsage, "--approve: answers and typed tasks cannot come through the same pipe");
    if (options_.format == OutputFormat::kJsonLines) return fail(ErrorCode::kUsage, "--output: want text or json");
    MINIONS_TRY_ASSIGN(api::SecureMinionOptions made, protocol_options());
    MINIONS_TRY_ASSIGN(spec_, workers::parse_worker(worker_text(options_)));
    if (!options_.worker_key_file.empty()) {
      MINIONS_TRY_ASSIGN(worker_key_, read_key(options_.worker_key_file));
    }
    api::WorkerSource worker{spec_.model, [this](std::stop_token stop) { return make_worker(std::move(stop)); }};
    MINIONS_TRY_ASSIGN(protocol_, api::SecureMinionProtocol::create({context_, [this] { return stop_; }},
                                                                    std::move(made), std::move(worker)));
    return {};
  }

  [[nodiscard]] net::Task<Result<workers::ReadyWorker>> make_worker(std::stop_token stop) {
    workers::WorkerSetup setup{context_.get_executor(), keys_};
    if (options_.allow_remote_worker) setup.reach = workers::Reach::kAnywhere;
    if (options_.worker_context > 0) setup.context_tokens = options_.worker_context;
    setup.threads = options_.worker_threads;
    setup.projector = options_.worker_projector;
    if (worker_key_) setup.key = worker_key_->reveal();
    if (const char* host = std::getenv("OLLAMA_HOST"); host != nullptr) setup.ollama_host = host;
    screen_.making(spec_);
    return workers::make_worker(spec_, std::move(setup), std::move(stop));
  }

  [[nodiscard]] Result<api::SecureMinionOptions> protocol_options() {
    MINIONS_TRY_ASSIGN(client::SealedClientOptions connection, client_options(options_.server));
    api::SecureMinionOptions made;
    made.supervisor_url = options_.server.server;
    made.supervisor_model = options_.server.model;
    made.max_rounds = options_.max_rounds;
    made.log_dir = options_.log_dir;
    if (options_.no_log) made.logging = api::Logging::kOff;
    if (!options_.log_key_file.empty()) {
      MINIONS_TRY_ASSIGN(made.log_key, api::read_log_key(options_.log_key_file));
    }
    made.system_prompt = options_.server.system_prompt;
    made.policy = std::move(connection.policy);
    made.ca_file = std::move(connection.ca_file);
    made.api_key = std::move(connection.api_key);
    made.retry = connection.retry;
    made.collector = std::move(connection.collector);
    made.on_attested = [this](const client::Attestation& attestation) { notes_.tell(attestation); };
    made.documents = reading_.load();
    return made;
  }

  [[nodiscard]] Result<api::MinionCall> make_call(const std::string& task) {
    api::MinionCall call;
    call.task = task;
    if (task == "-") {
      MINIONS_TRY_ASSIGN(const chat::Text text, read_standard_input());
      call.task = std::string(text.reveal());
    }
    call.files.assign(options_.documents.files.begin(), options_.documents.files.end());
    call.images.assign(options_.images.begin(), options_.images.end());
    call.max_image_pixels = options_.documents.max_image_pixels;
    call.metadata = options_.metadata;
    call.logging_id = options_.logging_id;
    call.privacy = options_.privacy ? minion::Privacy::kOn : minion::Privacy::kOff;
    call.max_disclosed_bytes = max_disclosed_;
    call.observer = &screen_;
    call.on_document = [this](const documents::Document& document) { screen_.read(document); };
    return call;
  }

  [[nodiscard]] ExitCode one(const std::string& task) {
    auto call = make_call(task);
    if (!call) return report(call.error());
    stop_ = interrupt_.begin();
    screen_.begin(stop_);
    const api::MinionRun run = protocol_->call(*std::move(call));
    interrupt_.end();
    return show(run);
  }

  [[nodiscard]] ExitCode show(const api::MinionRun& run) const {
    const minion::MinionResult& result = run.result;
    Status printed;
    if (options_.format == OutputFormat::kJson) {
      Json json = minion::to_json(result);
      if (run.error) json["error"] = error_json(*run.error, std::nullopt);
      printed = print_line(json);
    } else if (!run.error) {
      print_out("{}\n", result.final_answer.reveal());
      if (std::fflush(stdout) != 0) printed = fail(ErrorCode::kIo, "standard output cannot be written");
    }
    for (const std::string& note : result.notes) warn(note);
    for (const minion::Citation& citation : result.citations) {
      if (citation.state == minion::CitationState::kUnverified || citation.state == minion::CitationState::kOnOtherPage)
        warn(fmt::format("a citation of [{}, page {}] in the answer is {}", citation.document, citation.page,
                         minion::name_of(citation.state)));
    }
    if (!result.session_id.empty()) print_err("session {}\n", line_for_terminal(result.session_id));
    if (!result.log_file.empty()) print_err("log {}\n", line_for_terminal(result.log_file));
    if (run.log_error) warn(run.log_error->detail);
    if (run.error) return report(*run.error);
    if (!printed) return report(printed.error());
    if (run.log_error) return ExitCode::kInternal;
    if (result.answered) return ExitCode::kOk;
    warn("the supervisor had no answer after the last round");
    return ExitCode::kServer;
  }

  [[nodiscard]] ExitCode interactive() {
    LineEditor editor("");
    ExitCode code = ExitCode::kOk;
    for (;;) {
      const TypedLine line = editor.read("task> ");
      if (line.kind == TypedLine::Kind::kEnd || line.text == "exit" || line.text == "/exit") return code;
      if (line.kind == TypedLine::Kind::kInterrupted || line.text.find_first_not_of(" \t") == std::string::npos)
        continue;
      editor.remember(line.text);
      code = one(line.text);
      // A script must not go on as if it had its answer.
      if (code != ExitCode::kOk && !editor.interactive()) return code;
    }
  }

  const RunOptions& options_;
  DocumentReading reading_;
  net::asio::io_context context_{1};
  Interrupt interrupt_{context_};
  std::stop_token stop_;
  workers::VendorKeys keys_;
  workers::WorkerSpec spec_;
  std::optional<crypto::SecretText> worker_key_;
  RunScreen screen_;
  std::optional<std::size_t> max_disclosed_;
  AttestationNotes notes_;
  std::unique_ptr<api::SecureMinionProtocol> protocol_;
};

}  // namespace

ExitCode run(const RunOptions& options) { return RunCommand(options).run(); }

}  // namespace minions::app
