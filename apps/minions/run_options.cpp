#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "run.h"

namespace minions::app {

Result<std::size_t> parse_size(std::string_view text) {
  std::string_view digits = text;
  std::size_t unit = 1;
  if (!digits.empty() && (digits.back() == 'k' || digits.back() == 'K')) unit = 1024;
  if (!digits.empty() && (digits.back() == 'm' || digits.back() == 'M')) unit = 1024 * 1024;
  if (unit > 1) digits.remove_suffix(1);
  std::size_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  constexpr std::size_t kMost = std::size_t{1} << 40;
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || digits.empty() || value > kMost / unit)
    return fail(ErrorCode::kUsage, fmt::format("--max-disclosed: want bytes such as 8000, 8k or 2m, found {}", text));
  return value * unit;
}

namespace {

void add_worker(CLI::App& command, RunFlags& options) {
  command
      .add_option("--worker", options.worker,
                  "ollama:MODEL, openai:URL#MODEL, anthropic:MODEL, VENDOR:MODEL, llama:FILE.gguf or extractive; "
                  "ollama:llama3.2 without it")
      ->type_name("WORKER");
  command.add_option("--worker-context", options.worker_context, "tokens that the worker reads at once")
      ->type_name("N");
  command
      .add_option("--worker-threads", options.worker_threads,
                  "threads that llama:FILE.gguf computes with; the physical cores without it")
      ->type_name("N")
      ->check(CLI::Range(1, 512).description(""));
  command
      .add_option("--worker-mmproj", options.worker_projector,
                  "projector for pictures that goes with llama:FILE.gguf (mmproj-*.gguf)")
      ->type_name("FILE");
  command
      .add_option("--worker-key-file", options.worker_key_file,
                  "file with the worker's API key; else the vendor's variable of the environment")
      ->type_name("FILE");
  command.add_flag("--allow-remote-worker", options.allow_remote_worker,
                   "let the documents go to a worker on another machine");
  command.add_option("--local_client_type,--local-client-type", options.local_client_type)->group("");
  command.add_option("--local_model,--local-model", options.local_model)->group("");
}

void add_disclosure(CLI::App& command, RunFlags& options) {
  command.add_flag("--privacy", options.privacy, "personal data leaves as placeholders and is put back here");
  command.add_flag("--approve", options.approve, "ask before each message to the supervisor");
  command
      .add_option("--max-disclosed", options.max_disclosed,
                  "stop before more text of the worker leaves, in bytes; 8k is 8,192")
      ->type_name("SIZE");
}

void add_log(CLI::App& command, RunFlags& options) {
  command.add_option("--log-dir", options.log_dir, "where the log of the run goes: secure_minion_logs")
      ->type_name("DIR");
  command.add_flag("--no-log", options.no_log, "write no log");
  command
      .add_option("--log-key-file,--log-key", options.log_key_file,
                  "encrypt the log with the key in this file: 64 hex digits")
      ->type_name("FILE");
  command.add_option("--logging-id", options.logging_id, "the log's name: ID_secure_minion.json")->type_name("ID");
}

}  // namespace

void add_run(CLI::App& command, RunFlags& options) {
  command.add_option("task", options.task, "what to do; without it tasks are typed in; - reads it from standard input");
  add_documents(command, options.documents, "document or folder that the worker reads; may be repeated");
  command.add_option("--image", options.images, "image that the worker sees; may be repeated")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--max-rounds,--max_rounds", options.max_rounds, "questions to the worker: 3")->type_name("N");
  command
      .add_option("--metadata", options.metadata, "what the supervisor is told about the documents beside their names")
      ->type_name("TEXT");
  add_worker(command, options);
  add_sampling(command, options.worker_sampling, "worker-", "the worker's answers");
  add_sampling(command, options.sampling, "", "the supervisor's replies");
  add_disclosure(command, options);
  add_log(command, options);
  add_format(command, options.format, "text or json");
  add_server(command, options.server);
  add_supervisor(command, options.server);
  command.footer(
      "example: minions run \"Which deadlines does it set?\" -f contract.pdf --worker ollama:llama3.2 --server "
      "https://minions.example.org --policy production.toml");
}

}  // namespace minions::app
