// Rules about the machine under an SEV-SNP guest and the conditions on which the guest runs: chip, firmware, host
// settings, bits of the guest's policy. All are off unless a policy names them; a waived check then reports the actual
// state.
#pragma once

#include "attestation/amd/snp_report.h"
#include "attestation/core/check_list.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

// policy.chip_id, policy.platform_info..., policy.firmware..., policy.*_mitigations, policy.guest_policy...,
// policy.guest_abi, policy.author_key: of a verified report.
void check_snp_platform_rules(const SnpReport& report, const SnpRules& rules, CheckList& checks);

}  // namespace minions::attestation
