#include "run.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attachments.h"
#include "interrupt.h"
#include "line_editor.h"
#include "progress_bar.h"
#include "report.h"
#include "terminal.h"
#include "verdict_lines.h"
#include "waiting_line.h"
#include "workers/worker.h"

namespace minions::app {
namespace {

// Progress on a terminal, and the question before each message that leaves.
class RunScreen {
 public:
  explicit RunScreen(std::stop_token stop) : stop_(std::move(stop)) {}

  void read(const std::string& name, std::size_t pages) {
    tell(fmt::format("read {}: {} page{}", name, pages, pages == 1 ? "" : "s"));
  }
  void loading(const std::string& worker) {
    if (constexpr std::string_view kLlama = "llama:"; worker.starts_with(kLlama))
      tell("loading " + worker.substr(kLlama.size()));
  }
  void not_ready(std::chrono::seconds since) { waiting_.at("the worker's server is loading its model", since); }
  void progress(const RunProgress& progress) {
    if (progress.elapsed.count() > 0) {
      std::string what = fmt::format("{}: the {} {}", place(progress), name_of(progress.thinking),
                                     progress.pieces > 0 ? "writes" : "reads");
      if (progress.pieces > 0) what += fmt::format(", about {} tokens so far", progress.pieces);
      return waiting_.at(what, progress.elapsed);
    }
    tell(fmt::format("{}: the {} thinks; {} bytes sent, {} remote tokens", place(progress), name_of(progress.thinking),
                     progress.wire_bytes, progress.remote_prompt_tokens));
  }
  [[nodiscard]] static std::string place(const RunProgress& progress) {
    if (progress.round == 0) return "first question";
    return fmt::format("round {} of {}", progress.round, progress.max_rounds);
  }
  void clear() { waiting_.clear(); }
  [[nodiscard]] bool approve(const Disclosure& message) {
    waiting_.clear();
    print_err("--- to the supervisor, {} bytes:\n{}\n---\n", message.text.size(), message.text);
    for (const Disclosure::Quote& quote : message.quotes)
      print_err("    quotes {} bytes of [{}, page {}]\n", quote.bytes, line_for_terminal(quote.document), quote.page);
    print_err("    {:.2f} % of the documents disclosed with it. Send? [y/N] ", message.share_disclosed * 100);
    std::fflush(stderr);
    return read_yes();
  }

 private:
  void tell(const std::string& line) {
    waiting_.clear();
    if (terminal_) print_err("{}\n", line_for_terminal(line));
  }

  // A line of standard input, read byte by byte: what follows belongs to the next question. Ctrl-C means no.
  [[nodiscard]] bool read_yes() const {
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

  std::stop_token stop_;
  WaitingLine waiting_;
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
};

std::string worker_text(const RunFlags& options) {
  if (!options.worker.empty()) return options.worker;
  // The prototype's names of its clients.
  std::string type = options.local_client_type;
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return type == "extractive" ? type : type + ":" + options.local_model;
}

class RunCommand {
 public:
  explicit RunCommand(const RunFlags& flags) : flags_(flags) {}

  [[nodiscard]] ExitCode run() {
    if (const Status ready = prepare(); !ready) {
      if (flags_.format == OutputFormat::kJson) (void)print_line({{"error", error_json(ready.error())}});
      return report(ready.error());
    }
    if (!flags_.task.empty()) return one(flags_.task);
    return interactive();
  }

 private:
  [[nodiscard]] Status prepare() {
    if (!flags_.max_disclosed.empty()) {
      MINIONS_TRY_ASSIGN(max_disclosed_, parse_size(flags_.max_disclosed));
    }
    if (flags_.approve && flags_.task.empty() && ::isatty(STDIN_FILENO) != 1)
      return fail(ErrorCode::kUsage, "--approve: answers and typed tasks cannot come through the same pipe");
    if (flags_.format == OutputFormat::kJsonLines) return fail(ErrorCode::kUsage, "--output: want text or json");
    MinionOptions options;
    MINIONS_TRY_ASSIGN(options.sampling, sampling_of(flags_.sampling));
    options.worker = worker_options();
    MINIONS_TRY_ASSIGN(options.worker.sampling, sampling_of(flags_.worker_sampling));
    MINIONS_TRY_ASSIGN(const Client client, Client::open(notes_.watch(flags_.server)));
    options.max_rounds = flags_.max_rounds;
    options.log_dir = flags_.log_dir;
    options.no_log = flags_.no_log;
    options.log_key_file = flags_.log_key_file;
    options.system_prompt = flags_.server.system_prompt;
    options.documents = flags_.documents;
    options.documents.on_progress = [this](std::size_t done, std::size_t total) { bar_->at(done, total); };
    MINIONS_TRY_ASSIGN(minion_, client.minion(std::move(options)));
    return {};
  }

  [[nodiscard]] WorkerOptions worker_options() const {
    WorkerOptions worker;
    worker.model = worker_text(flags_);
    worker.context_tokens = flags_.worker_context;
    worker.threads = flags_.worker_threads;
    worker.timeout_s = flags_.server.timeout_s;
    worker.projector = flags_.worker_projector;
    worker.key_file = flags_.worker_key_file;
    worker.allow_remote = flags_.allow_remote_worker;
    // Before anything starts a child.
    worker.vendor_keys = workers::VendorKeys::take_from_environment().copy();
    return worker;
  }

  [[nodiscard]] Result<RunOptions> make_options(const std::string& task) {
    RunOptions options;
    options.task = task;
    if (task == "-") {
      MINIONS_TRY_ASSIGN(options.task, read_standard_input());
    }
    options.files = flags_.documents.files;
    options.images = flags_.images;
    options.metadata = flags_.metadata;
    options.logging_id = flags_.logging_id;
    options.privacy = flags_.privacy;
    options.max_disclosed_bytes = max_disclosed_;
    return options;
  }

  [[nodiscard]] ExitCode one(const std::string& task) {
    auto options = make_options(task);
    if (!options) return report(options.error());
    options->stop = interrupt_.begin();
    RunScreen screen(options->stop);
    bar_.emplace("reading");
    options->on_document = [&](const std::string& name, std::size_t pages) {
      bar_->clear();
      screen.read(name, pages);
    };
    options->on_worker = [&] { screen.loading(worker_text(flags_)); };
    options->on_loading = [&](std::chrono::seconds since) { screen.not_ready(since); };
    options->on_progress = [&](const RunProgress& progress) { screen.progress(progress); };
    if (flags_.approve) options->approve = [&](const Disclosure& message) { return screen.approve(message); };
    const MinionRun run = minion_->run(*options);
    interrupt_.end();
    bar_->clear();
    screen.clear();
    return show(run);
  }

  [[nodiscard]] ExitCode show(const MinionRun& run) const {
    Status printed;
    if (flags_.format == OutputFormat::kJson) {
      printed = print_line(parsed(run.json));
    } else if (run) {
      print_out("{}\n", run.final_answer);
      printed = flush_out();
    }
    for (const std::string& note : run.notes) warn(note);
    for (const MinionRun::Citation& citation : run.citations) {
      if (citation.state == "unverified" || citation.state == "on_other_page")
        warn(fmt::format("a citation of [{}, page {}] in the answer is {}", citation.document, citation.page,
                         citation.state));
    }
    if (!run.session.empty()) print_err("session {}\n", line_for_terminal(run.session));
    if (!run.log_file.empty()) print_err("log {}\n", line_for_terminal(run.log_file));
    if (run.log_failure) warn(run.log_failure->detail);
    if (!run) return report(run.error());
    if (!printed) return report(printed.error());
    if (run.log_failure) return ExitCode::kInternal;
    // Why there is no answer is among the notes.
    return run.answered ? report_ending(run.ending.value_or(Ending::kUnknown)) : ExitCode::kServer;
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
      // A script must not continue as if it had its answer.
      if (code != ExitCode::kOk && !editor.interactive()) return code;
    }
  }

  const RunFlags& flags_;
  std::optional<ProgressBar> bar_;  // of the task that is read for
  Interrupt interrupt_;
  std::optional<std::size_t> max_disclosed_;
  AttestationNotes notes_;
  std::optional<Minion> minion_;
};

}  // namespace

ExitCode run(const RunFlags& flags) { return RunCommand(flags).run(); }

}  // namespace minions::app
