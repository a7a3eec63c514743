// The policy of an evidence manifest: JSON with the tables and keys of a policy file.
#pragma once

#include "attestation/policy/policy.h"
#include "base/json.h"

namespace minions::cases {

// Of one case: the manifest's default_policy, and the case's own policy over it. What neither speaks of is as strict as
// a manifest without network can be: RIMs only where they are in the case, no OCSP, and nothing of what the captures
// were not chosen for (SEPT_VE_DISABLE, Azure's secure boot). An unknown key is an error.
[[nodiscard]] Result<attestation::PolicyRules> manifest_rules(const Json& manifest, const Json& entry);

}  // namespace minions::cases
