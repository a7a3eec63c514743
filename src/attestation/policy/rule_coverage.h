// That each rule of a policy file about machines, GPUs and tokens is judged by some evidence, or reported as unjudged.
#pragma once

#include <set>
#include <span>
#include <string_view>

#include "attestation/core/result.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

// Pieces of evidence that are not items of a document, as found in a folder.
namespace evidence_piece {
inline constexpr std::string_view kAzureHcl = "azure-hcl";               // an HCL report with its SNP report, no quote
inline constexpr std::string_view kAzureTdxHcl = "azure-tdx-hcl+quote";  // the same with a TDX quote
inline constexpr std::string_view kTpmQuote = "tpm2-quote";
inline constexpr std::string_view kMaaOfSnp = "azure-maa+snp";  // a token of MAA by itself, about an SNP machine
inline constexpr std::string_view kMaaOfTdx = "azure-maa+tdx";
}  // namespace evidence_piece

// The statement of a document, next to its items.
inline constexpr std::string_view kStatement = "statement";

using KindsAtHand = std::set<std::string_view>;  // types of items, evidence_piece, and kStatement

// A check for each written rule of [snp], [tdx], [gpu] and [jwt], and for the leeway, that no available evidence is
// judged by. A rule about a machine fails, since nobody knows that it is met. Waived by name are rules that only loosen
// others, rules of a kind of machine that the policy admits besides this one, and rules of GPUs and tokens that are
// missing or off, which other checks cover; waived in one line are those of the other table. Next to a machine nothing
// else can meet its rules. machines: for each machine, with what accompanies all of them; one entry if there is none.
// Each is judged alone: a rule fails if it is not judged on a machine that it concerns. A rule that concerns another
// available machine needs no waiver.
[[nodiscard]] std::vector<Check> account_for_rules(const PolicyRules& policy, std::span<const KindsAtHand> machines);

// Those of the kinds that are each a machine.
[[nodiscard]] bool is_machine(std::string_view kind);

}  // namespace minions::attestation
