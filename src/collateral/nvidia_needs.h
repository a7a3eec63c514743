// NVIDIA: reference values of driver and VBIOS, and OCSP answers about the certificates of a GPU.
#pragma once

#include "collateral/needs.h"

namespace minions::collateral {

// at_hand: of the input's endorsements, for all of its GPUs.
void add_nvidia_needs(const attestation::EvidenceItem& item, const NeedsInput& input,
                      attestation::GpuCollateral& at_hand, std::vector<Need>& needs);

}  // namespace minions::collateral
