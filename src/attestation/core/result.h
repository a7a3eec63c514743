// The attestation result (RFC 9334): a list of named checks, each with what was expected, what was found and where the
// expectation comes from. Decides nothing: appraise() does.
#pragma once

#include "attestation/core/trust_vector.h"
#include "attestation/core/verdict.h"
#include "attestation/core/verified_statement.h"
#include "base/json.h"

namespace minions::attestation {

enum class Outcome {
  kPass,
  kFail,
  kWaived,  // not judged, for a reason shown to the user
};

[[nodiscard]] std::string_view name_of(Outcome outcome);

// Outside text in a form fit for a check or a screen: quoted, ASCII, at most 80 bytes of it.
[[nodiscard]] std::string shown(std::string_view from_outside);

// Whose failure it is.
enum class Side {
  kEvidence,  // what the server shows
  kPolicy,    // a policy that omits what only its owner can state: no evidence can meet it
  kClock,     // a time that has passed or lies ahead, by the clock here
  kInput,     // a file that was given for judging, and cannot be used
  kService,   // a vendor's or a token's service, which has not supplied what it must
};
// The side of an error; nothing if its facts do not show it.
[[nodiscard]] std::optional<Side> side_of(const Error& error);

struct Check {
  std::string id;  // stable: scripts match it
  Outcome outcome = Outcome::kFail;
  std::string expected;
  std::string found;
  std::string source;          // "built-in", "policy line 12", "flag --allow-simulated"; for a waived check the reason
  std::optional<Side> side{};  // of this failure, if it differs from its row of check_table.h
  std::string waiver{};        // of a failure that the policy waives: its name in [waive]

  // One line for people. An id `evidence.sev-snp.tcb.microcode` reads `sev-snp tcb microcode`.
  [[nodiscard]] std::string to_text() const;
};

// Readers, and gaps to `confidential`, one line each.
[[nodiscard]] std::string verdict_text(const Verdict& verdict);

struct AttestationResult {
  bool simulated = false;
  std::vector<Check> checks;
  // Who could read. Has no class if the evidence was refused for a reason other than its class.
  Verdict verdict;
  TrustVector vector;
  std::optional<VerifiedStatement> statement;  // exactly when accepted

  [[nodiscard]] bool accepted() const { return statement.has_value(); }
  // Nothing when accepted.
  [[nodiscard]] const Check* first_failure() const;
  // {verdict, class, readers, missing: [{what, fix}], simulated, ar4si, checks: [{id, outcome, expected, found,
  // source}]}
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] std::string to_text() const;
};

}  // namespace minions::attestation
