// Reads the log of `minions run`: `minions disclosed LOG`, and what `minions verify LOG` does with such a file.
#pragma once

#include "exit_code.h"
#include "options.h"

namespace minions::app {

struct MinionLogFlags {
  std::string file;
  std::string log_key_file;
  ServerFlags server;  // what it is judged with
  OutputFormat format = OutputFormat::kText;
};

void add_minion_log(CLI::App& command, MinionLogFlags& options);

// Whether the file begins like a log of a run, in clear or encrypted.
[[nodiscard]] bool is_minion_log_file(const std::string& file);
// Each check, one per line. kOk if none failed, otherwise kRefused.
[[nodiscard]] ExitCode verify_minion_log(const MinionLogFlags& options);
// The ledger: what left, message by message.
[[nodiscard]] ExitCode disclosed(const MinionLogFlags& options);

}  // namespace minions::app
