// That each rule of a policy's file about machines, GPUs and tokens is judged by something at hand, or said not to be.
#pragma once

#include <set>
#include <span>
#include <string_view>

#include "attestation/core/result.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

// Pieces of evidence that are no item of a document, as a folder may have them.
namespace evidence_piece {
inline constexpr std::string_view kAzureHcl = "azure-hcl";               // an HCL report with its SNP report, no quote
inline constexpr std::string_view kAzureTdxHcl = "azure-tdx-hcl+quote";  // the same with a TDX quote
inline constexpr std::string_view kTpmQuote = "tpm2-quote";
inline constexpr std::string_view kMaaOfSnp = "azure-maa+snp";  // a token of MAA by itself, about an SNP machine
inline constexpr std::string_view kMaaOfTdx = "azure-maa+tdx";
}  // namespace evidence_piece

// The statement of a document, beside its items.
inline constexpr std::string_view kStatement = "statement";

using KindsAtHand = std::set<std::string_view>;  // types of items, evidence_piece, and kStatement

// A check for each written rule of [snp], [tdx], [gpu] and [jwt], and for the leeway, that nothing at hand is judged
// by. One of a machine fails, since nobody knows that it is met. Waived by name are those that only loosen others,
// those of a kind of machine that the policy lets in beside this one, and those of GPUs and tokens that are not there
// or are off, for which other checks stand; waived in one line are those of the other table. Beside a machine nothing
// else speaks for it. machines: of each machine, with what lies beside all of them; one entry where there is none. Each
// stands for itself: a rule fails if it is not judged on one that it is about. One that is about another machine at
// hand needs no waiver.
[[nodiscard]] std::vector<Check> account_for_rules(const PolicyRules& policy, std::span<const KindsAtHand> machines);

// Of the kinds, those that are a machine each.
[[nodiscard]] bool is_machine(std::string_view kind);

}  // namespace minions::attestation
