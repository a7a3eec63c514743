#include "verdict_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/facts.h"
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
  warn_of_readers(api::attestation_of(result), told);
}

void warn_of_readers(const Attestation& attestation, std::string& told) {
  std::string text;
  if (attestation.simulated) {
    text = "SIMULATED, NOT CONFIDENTIAL: the server's evidence comes from no hardware";
  } else if (!attestation.refusal && !attestation.verdict_class.empty() && attestation.readers.size() > 1) {
    text = fmt::format("{}: who could read: {}", attestation.verdict_class, fmt::join(attestation.readers, "; "));
  }
  if (text.empty() || text == told) return;
  told = text;
  warn(text);
  if (attestation.simulated) return;
  for (const Gap& gap : attestation.missing) hint(fmt::format("not confidential: {}: {}", gap.what, gap.fix));
}

ConnectionOptions AttestationNotes::watch(ConnectionOptions options) {
  options.on_attested = [this](const Attestation& attestation) { tell(attestation); };
  return options;
}

void AttestationNotes::tell(const Attestation& attestation) {
  warn_of_readers(attestation, told_readers_);
  if (!attestation.accepted) hint_at_missing(attestation.unavailable);
}

}  // namespace minions::app
