// That each rule of a policy's file ends somewhere: as a check that cites it, or as one that says it was not judged.
#pragma once

#include <set>
#include <span>
#include <string_view>

#include "attestation/policy.h"
#include "attestation/result.h"

namespace minions::attestation {

// A check for each table of rules about machines and tokens of which `checks` cite some rule nowhere. A rule of a
// machine that is at hand fails, since nobody knows that it is met; one that only loosens another, and those of tokens
// and of machines of another kind, are waived by name. tables: "snp", "tdx", of the machines at hand; where none is,
// both count.
[[nodiscard]] std::vector<Check> account_for_rules(const PolicyRules& policy, std::span<const Check> checks,
                                                   const std::set<std::string_view>& tables);
// The table of a kind of machine; empty: the type is of none.
[[nodiscard]] std::string_view table_of_machine(std::string_view type);

}  // namespace minions::attestation
