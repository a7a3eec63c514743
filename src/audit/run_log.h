// Checks the log of a run offline: that the attested key signed each sealed exchange in it, that the conversation is
// what those exchanges carried, and that the ledger counts what was sent. Files and keys are the caller's.
#pragma once

#include "audit/sealed_exchange.h"

namespace minions::audit {

// {"minion_log": 1, ...}
[[nodiscard]] bool is_run_log(std::string_view text);

struct RunLogInput {
  std::string_view log;
  const attestation::AppraisalPolicy& policy;  // what the server had to prove
  std::string_view api_key;                    // empty: requests that carried one are not judged
  KeysFor keys_for = {};
};

// The appraisal of a session's document as of its first receipt.
struct LoggedAppraisal {
  std::string session;  // hex
  UnixSeconds judged_at = 0;
  attestation::AttestationResult result;
};

// What keeps a log from being good.
enum class RunLogFault {
  kNone,
  kLacksApiKey,  // requests carried one that was not given: they were not judged
  kRefused,      // of its servers, by the policy; the log's content is unchanged
  kAltered,
};

struct RunLogVerdict {
  std::vector<attestation::Check> checks;
  std::vector<LoggedAppraisal> appraisals;
  std::size_t receipts = 0;  // that hold
  bool complete = true;      // false: of a run that failed
  bool altered = false;      // a check failed that is not part of an appraisal
  bool refused = false;      // a check of an appraisal failed
  bool lacks_api_key = false;
  [[nodiscard]] RunLogFault fault() const;
  [[nodiscard]] bool good() const { return fault() == RunLogFault::kNone; }
};
// kMalformed: not a log of a run at all.
[[nodiscard]] Result<RunLogVerdict> check_run_log(const RunLogInput& input);

}  // namespace minions::audit
