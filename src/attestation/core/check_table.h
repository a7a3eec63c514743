// Every check of the appraisal: what its failure says, whose side that is, what the operator does about it and how the
// user goes on. Refusals, waivers, drafts of policies, hints of the command line and the lists in docs/ are made from
// it.
#pragma once

#include <span>
#include <string_view>

#include "attestation/core/result.h"

namespace minions::attestation {

// The check `evidence.TYPE.CHECK`, or CHECK where no types are given, and all that is below it: `tcb` has
// `tcb.microcode`. Of several rows the one with the most components counts, then the one that names the type.
struct CheckRow {
  std::string_view types;          // between blanks; `*`: any
  std::string_view checks;         // between blanks; `*` stands for any one component
  std::string_view name;           // for the list in docs/attestation.md
  std::string_view failure;        // what a failure says
  std::string_view operators_fix;  // what the operator does about it; empty: nothing
  Side side = Side::kEvidence;     // unless the check says another
  bool in_policy = false;          // another policy could take the same evidence
  std::string_view hint{};         // how the user goes on; empty: minions attest shows every check
};
[[nodiscard]] std::span<const CheckRow> check_table();
// Null for an id that no row has.
[[nodiscard]] const CheckRow* row_of(std::string_view check_id);

// Whether the check is that something is not revoked or on hold: no policy, waiver or draft may pass over its failure.
[[nodiscard]] bool is_withdrawal(std::string_view check_id);

// What [waive] may name.
struct Waiver {
  std::string_view name;
  std::string_view covers;  // checks by their whole ids, between blanks, and what is below them
  std::string_view except;  // but these, between blanks
  std::string_view text;    // for the list in docs/policy.md
};
[[nodiscard]] std::span<const Waiver> waiver_table();
[[nodiscard]] bool waiver_covers(std::string_view waiver, std::string_view check_id);

}  // namespace minions::attestation
