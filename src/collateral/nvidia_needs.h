// NVIDIA: reference values of driver and VBIOS, and OCSP answers about the certificates of a GPU.
#pragma once

#include "collateral/needs.h"

namespace minions::collateral {

void add_nvidia_needs(const attestation::EvidenceItem& item, const NeedsInput& input, std::vector<Need>& needs);

}  // namespace minions::collateral
