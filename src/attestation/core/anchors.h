// Whose roots evidence must chain to: the vendors' own, or those that a policy names in place of them. Every path takes
// them from here.
#pragma once

#include "attestation/core/verifier.h"

namespace minions::attestation {

// Views into the rules: for as long as these are there.
[[nodiscard]] TrustAnchors anchors_of(const RootRules& roots, TrustAnchors anchors = {});
// policy.roots: the pins of the policy where it has any. Nothing to say while it has none.
[[nodiscard]] std::optional<Check> check_roots(const RootRules& roots);
// Where a check of some evidence failed for want of a path to a root, says that the policy named the roots, and where.
void cite_roots(const RootRules& roots, std::span<Check> checks);

}  // namespace minions::attestation
