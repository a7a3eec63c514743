// Compares what a statement states about its models with a policy: where they run, which they are, with which weights
// and projectors.
#pragma once

#include "attestation/core/result.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

// models.where, models.ids, models.weights, models.projectors. Ignores waivers.
[[nodiscard]] std::vector<Check> check_models(const Statement& statement, const PolicyRules& policy);

}  // namespace minions::attestation
