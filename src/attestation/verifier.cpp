#include "attestation/verifier.h"

#include <fmt/format.h>

namespace minions::attestation {
namespace {

// Simulated evidence is the attestor's signature alone, which attestor.signature checks: here nothing is to be found.
std::vector<Check> verify_simulated(const EvidenceInput& input) {
  const bool empty = input.item.data.empty();
  return {{.id = "evidence.simulated",
           .outcome = empty ? Outcome::kPass : Outcome::kFail,
           .expected = "no parts",
           .found = empty ? "no hardware evidence: the attestor's signature alone"
                          : fmt::format("{} parts", input.item.data.size()),
           .source = "built-in"}};
}

struct VerifierEntry {
  std::string_view type;
  EvidenceVerifier verify;
};
constexpr VerifierEntry kVerifiers[] = {
    {evidence_type::kSimulated, verify_simulated},
};

Check refusal(const EvidenceItem& item, std::string found) {
  return {.id = fmt::format("evidence.{}", is_known_type(item.type) ? item.type : "unknown"),
          .outcome = Outcome::kFail,
          .expected = fmt::format("{} evidence that verifies", is_known_type(item.type) ? item.type : "known"),
          .found = std::move(found),
          .source = "built-in"};
}

}  // namespace

std::vector<Check> verify_evidence(const EvidenceInput& input) {
  for (const VerifierEntry& entry : kVerifiers) {
    if (entry.type != input.item.type) continue;
    std::vector<Check> checks = entry.verify(input);
    const bool any_pass =
        std::any_of(checks.begin(), checks.end(), [](const Check& check) { return check.outcome == Outcome::kPass; });
    if (!any_pass) checks.push_back(refusal(input.item, "no check that passed"));
    return checks;
  }
  return {refusal(input.item, fmt::format("this build cannot verify {} evidence yet", shown(input.item.type)))};
}

}  // namespace minions::attestation
