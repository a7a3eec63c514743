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
  kWaived,  // not judged, for a reason that the user sees
};

[[nodiscard]] std::string_view name_of(Outcome outcome);

// Text from outside the program as it may stand in a check or on a screen: quoted, ASCII, 80 bytes of it at most.
[[nodiscard]] std::string shown(std::string_view from_outside);

struct Check {
  std::string id;  // stable: scripts match on it
  Outcome outcome = Outcome::kFail;
  std::string expected;
  std::string found;
  std::string source;  // "built-in", "policy line 12", "flag --allow-simulated"; of a waived check: the reason

  // One line for people. An id `evidence.sev-snp.tcb.microcode` reads `sev-snp tcb microcode`.
  [[nodiscard]] std::string to_text() const;
};

// Readers, and gaps to `confidential`, a line each.
[[nodiscard]] std::string verdict_text(const Verdict& verdict);

struct AttestationResult {
  bool simulated = false;
  std::vector<Check> checks;
  // Who could read. Without a class where the evidence was refused for another reason than its class.
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
