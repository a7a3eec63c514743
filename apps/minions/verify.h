// minions verify: appraises files: attestation documents, logs of --log and of runs, bare evidence with its
// certificates; or fetches a server's document and appraises it, sending nothing.
#pragma once

#include "exit_code.h"
#include "options.h"

namespace minions::app {

struct VerifyFlags {
  std::string target;  // a file, a folder or an address
  std::string as_of;   // 2026-09-21T14:13:20Z
  std::string log_key_file;
  ServerFlags server;
  OutputFormat format = OutputFormat::kText;
};
void add_verify(CLI::App& command, VerifyFlags& options);

// kRefused: an appraisal failed. kIncomplete: a log was altered.
[[nodiscard]] ExitCode verify(const VerifyFlags& options);

}  // namespace minions::app
