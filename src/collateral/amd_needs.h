// AMD: certificates of the key that signed an SEV-SNP report, and the revocation list of their root (Key Distribution
// Service, publication 57230).
#pragma once

#include "collateral/needs.h"

namespace minions::collateral {

void add_amd_needs(const attestation::EvidenceItem& item, const NeedsInput& input, std::vector<Need>& needs);

}  // namespace minions::collateral
