#include "verdict_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attestation/core/refusal.h"
#include "exit_code.h"
#include "terminal.h"

namespace minions::app {

void print_appraisal(const attestation::AttestationResult& result, UnixSeconds judged_at) {
  const bool accepted = result.accepted();
  print_out("  document at {}: {}{}{}\n", to_iso8601(judged_at), accepted ? "accepted" : "refused",
            result.simulated ? ", SIMULATED, NOT CONFIDENTIAL" : "",
            accepted ? "" : ": " + attestation::refusal_text(result, attestation::kLogNotAccepted));
  const auto& found = result.verdict.verdict_class;
  if (accepted && found)
    print_out("  class   {}\n{}", attestation::name_of(*found), attestation::verdict_text(result.verdict));
  // Rules of the policy that this document leaves unjudged.
  for (const attestation::Check& check : result.checks) {
    if (check.outcome == attestation::Outcome::kWaived && check.source.starts_with("policy line"))
      print_out("  waived  {}\n", check.to_text());
  }
}

void warn_of_readers(const attestation::AttestationResult& result, std::string& told) {
  const auto& verdict = result.verdict;
  std::string text;
  if (result.simulated) {
    text = "SIMULATED, NOT CONFIDENTIAL: the server's evidence comes from no hardware";
  } else if (result.first_failure() == nullptr && verdict.verdict_class && verdict.readers.size() > 1) {
    text = fmt::format("{}: who could read: {}", name_of(*verdict.verdict_class), fmt::join(verdict.readers, "; "));
  }
  if (text.empty() || text == told) return;
  told = text;
  warn(text);
  if (result.simulated) return;
  for (const attestation::Gap& gap : verdict.missing) hint("not confidential: " + gap.text());
}

}  // namespace minions::app
