// Intel: TCB info, identity of the quoting enclave and revocation lists (Provisioning Certification Service, version
// 4).
#pragma once

#include "collateral/needs.h"

namespace minions::collateral {

void add_intel_needs(const attestation::EvidenceItem& item, const NeedsInput& input, std::vector<Need>& needs);

}  // namespace minions::collateral
