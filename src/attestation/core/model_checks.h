// What a statement says of its models, held against a policy: where they run, which they are, with which weights
// and projectors.
#pragma once

#include "attestation/core/result.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

// models.where, models.ids, models.weights, models.projectors. Looks at no waiver.
[[nodiscard]] std::vector<Check> check_models(const Statement& statement, const PolicyRules& policy);

}  // namespace minions::attestation
