// Whose roots evidence must chain to: the vendors' own, or those that a policy names instead. Every path takes them
// from here.
#pragma once

#include "attestation/core/verifier.h"

namespace minions::attestation {

// Views into the rules: valid as long as these exist.
[[nodiscard]] TrustAnchors anchors_of(const RootRules& roots, TrustAnchors anchors = {});
// policy.roots: the pins of the policy, if it has any. Reports nothing if it has none.
[[nodiscard]] std::optional<Check> check_roots(const RootRules& roots);
// If a check of some evidence failed because there is no path to a root, reports that the policy named the roots, and
// where.
void cite_roots(const RootRules& roots, std::span<Check> checks);

}  // namespace minions::attestation
