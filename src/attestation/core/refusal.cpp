#include "attestation/core/refusal.h"

#include <fmt/format.h>

namespace minions::attestation {
namespace {

bool is_about_time(const Check& check) {
  const auto found = [&](std::string_view text) { return check.found.find(text) != std::string::npos; };
  if (check.id == "statement.window" || check.id.ends_with(".chain.time") || check.id.ends_with("_window")) return true;
  const bool has_window = check.id.find(".chain") != std::string::npos || check.id.ends_with(".policy.ocsp") ||
                          check.id.find(".rim.") != std::string::npos;
  return has_window && (found("not valid at") || found("an answer for ") || found("a list for ") || found("expired") ||
                        found("not yet valid"));
}

// What only the owner of the policy can say.
bool is_left_open(const Check& check) {
  if (check.id.ends_with(".policy.issuer") || check.id.ends_with(".policy.pcrs")) return check.found == "none";
  if (check.id == "measurement" || check.id == "verdict.class") return true;
  return check.id == "attestor.key" && check.found.starts_with("no pin");
}

bool is_not_served(const Check& check) {
  if (check.id.ends_with(".signature.keys")) return true;
  if (check.id.ends_with(".policy.ocsp")) return check.found.ends_with("no answer about it");
  const bool of_a_service = check.id.find(".tdx") != std::string::npos || check.id.find(".rim.") != std::string::npos ||
                            check.id.ends_with(".chain.revocation");
  return of_a_service && (check.found == "missing" || check.found == "none");
}

}  // namespace

Side side_of(const Check& failed) {
  if (failed.id.starts_with("files.")) return Side::kInput;
  if (is_about_time(failed)) return Side::kClock;
  if (is_left_open(failed)) return Side::kPolicy;
  return is_not_served(failed) ? Side::kService : Side::kEvidence;
}

std::string_view name_of(Side side) {
  switch (side) {
    case Side::kEvidence: return "the server's evidence does not meet this";
    case Side::kPolicy: return "your policy has to say this";
    case Side::kInput: return "a matter of what was given here to be judged";
    case Side::kClock: return "a matter of time: compare your clock with the server's";
    case Side::kService: return "a vendor's service has not given this";
  }
  return "";
}

std::string refusal_text(const Check& failed, std::string_view sent) {
  return fmt::format("attestation: {}; {}; {}", failed.to_text(), name_of(side_of(failed)), sent);
}

std::string refusal_text(const AttestationResult& refused, std::string_view sent) {
  const Check* const failure = refused.first_failure();
  if (failure == nullptr) return fmt::format("attestation: refused; {}", sent);
  return refusal_text(*failure, sent);
}

}  // namespace minions::attestation
