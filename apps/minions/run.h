// minions run: the local-remote protocol: a task, documents that stay here, a local worker and a remote supervisor.
#pragma once

#include "exit_code.h"
#include "options.h"

namespace minions::app {

struct RunFlags {
  ServerFlags server;
  SamplingFlags sampling;  // of the supervisor
  SamplingFlags worker_sampling;
  std::string task;  // empty: interactive
  DocumentFlags documents;
  std::vector<std::string> images;
  std::string worker;                        // empty: from the two below
  std::string local_client_type = "ollama";  // the prototype's
  std::string local_model = "llama3.2";
  std::string worker_key_file;
  std::uint64_t worker_context = 0;  // tokens; 0: the server's or the table's
  std::uint32_t worker_threads = 0;  // of llama:FILE; 0: the physical cores
  std::string worker_projector;      // of llama:FILE; empty: it reads no pictures
  bool allow_remote_worker = false;
  unsigned max_rounds = 3;
  bool privacy = false;
  bool approve = false;
  std::string max_disclosed;  // bytes, with k or m; empty: no limit
  std::string metadata;
  std::string logging_id;
  std::string log_dir = "secure_minion_logs";
  bool no_log = false;
  std::string log_key_file;
  OutputFormat format = OutputFormat::kText;
};

void add_run(CLI::App& command, RunFlags& options);
[[nodiscard]] ExitCode run(const RunFlags& options);

// 8000, 8k, 2m: k is 1,024. kUsage for anything else.
[[nodiscard]] Result<std::size_t> parse_size(std::string_view text);

}  // namespace minions::app
