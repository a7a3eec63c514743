// The offline check of a log that client/exchange_log.h wrote. Pure: bytes, a policy and a time in, verdicts out. Its
// results contain no text of a question or an answer.
//  Covered: the document by its signatures, and head, data, reply and usage of each exchange with C, h, n and time by
//  the receipt. Not covered, since nothing signs them: the fields server, session, complete and error, and whether
//  exchanges or whole lines are missing. Only the log itself claims that its nonce is the one this client asked with.
#pragma once

#include "audit/sealed_exchange.h"

namespace minions::audit {

struct ExchangeVerdict {
  enum class State {
    kGood,        // its receipt is by the attested key, over exactly this exchange
    kIncomplete,  // it ended without a receipt, and the log states that
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
  // Nothing if the session failed before a document came.
  std::optional<attestation::AttestationResult> appraisal;
  std::vector<ExchangeVerdict> exchanges;

  [[nodiscard]] bool any_altered() const;
};

struct LoggedSessionInput {
  std::string_view line;
  const attestation::AppraisalPolicy& policy;
  std::optional<UnixSeconds> as_of;  // when the document is judged; nothing: judging_time()
  KeysFor keys_for = {};
};

// One line of the file. kMalformed: not a line that the log writes.
[[nodiscard]] Result<LoggedSessionVerdict> check_logged_session(const LoggedSessionInput& input);
// Whether a file is a log: by its first characters.
[[nodiscard]] bool is_exchange_log(std::string_view text);

}  // namespace minions::audit
