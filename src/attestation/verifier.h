// The seam for each kind of evidence: a pure function from an item, and what it must show, to named checks. A kind
// without a row in the table fails: nothing passes because nobody looked.
#pragma once

#include "attestation/binding.h"
#include "attestation/policy.h"
#include "attestation/result.h"

namespace minions::attestation {

struct EvidenceInput {
  const EvidenceItem& item;
  const BindingChain& binding;  // what reports and quotes must carry
  const Endorsements& endorsements;
  const PolicyRules& policy;
  UnixSeconds now;
};
// At least one check, named evidence.<type> or evidence.<type>.<what>.
using EvidenceVerifier = std::vector<Check> (*)(const EvidenceInput& input);

// Runs the verifier of the item's type. No verifier, or one that gives no passing check, is a failing check.
[[nodiscard]] std::vector<Check> verify_evidence(const EvidenceInput& input);

}  // namespace minions::attestation
