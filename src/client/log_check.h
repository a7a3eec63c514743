// The offline check of a log that exchange_log.h wrote: what a receipt signs is computed again from what the log holds.
// Pure: bytes, a policy and a time in, verdicts out. No text of a question or an answer is in what it gives.
//
// Covered: the document by its signatures, and head, data, reply and usage of each exchange with C, h, n and time by
// the receipt. Not covered, since nothing signs them: the fields server, session, complete and error, and whether
// exchanges or whole lines are missing. That the log's nonce is the one this client asked with is the log's word.
#pragma once

#include <functional>

#include "attestation/core/appraise.h"
#include "base/json.h"

namespace minions::client {

struct ExchangeVerdict {
  enum class State {
    kGood,        // its receipt is by the attested key, over exactly this exchange
    kIncomplete,  // it ended without a receipt, and the log says so
    kAltered,
  };
  std::uint64_t n = 0;
  State state = State::kAltered;
  std::optional<UnixSeconds> time;  // of the receipt
  std::string text;                 // why
};
[[nodiscard]] std::string_view name_of(ExchangeVerdict::State state);

struct LoggedSessionVerdict {
  std::string server;   // as the log has it
  std::string session;  // hex; empty: none was opened
  UnixSeconds judged_at = 0;
  // Nothing where the session failed before a document came.
  std::optional<attestation::AttestationResult> appraisal;
  std::vector<ExchangeVerdict> exchanges;

  [[nodiscard]] bool any_altered() const;
};

struct LogCheckInput {
  std::string_view line;
  const attestation::AppraisalPolicy& policy;
  // When the document is judged. Nothing: when the first receipt was signed, or when the statement began.
  std::optional<UnixSeconds> as_of;
  // Key sets of token services for a document of the log, which holds none. Empty: none are at hand.
  std::function<attestation::TokenKeys(const attestation::AttestationDocument&)> keys_for = {};
};

// One line of the file. kMalformed: not one that the log writes.
[[nodiscard]] Result<LoggedSessionVerdict> check_logged_session(const LogCheckInput& input);
// Whether a file is a log: by its first characters.
[[nodiscard]] bool looks_like_log(std::string_view text);

}  // namespace minions::client
