// The log of --log, judged line by line for minions verify.
#pragma once

#include "attestation/policy/policy.h"
#include "audit/sealed_exchange.h"
#include "exit_code.h"
#include "options.h"

namespace minions::app {

struct LogQuestion {
  const attestation::AppraisalPolicy& policy;
  std::optional<UnixSeconds> as_of;
  OutputFormat format;
  audit::KeysFor keys_for;
};
// kRefused: a document was refused. kIncomplete: a line was altered.
[[nodiscard]] ExitCode verify_log(std::string_view text, const LogQuestion& question);

}  // namespace minions::app
