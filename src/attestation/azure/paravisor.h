// Who wrote the paravisor of an Azure machine. It owns REPORT_DATA and the vTPM: if it is unknown, anyone with a
// machine of the same vendor can state any registers.
#pragma once

#include "attestation/amd/snp_report.h"
#include "attestation/core/check_list.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

// SHA-384 digests of the keys that sign the ID blocks of Microsoft's paravisors, as Microsoft's own tokens name them
// for machines that are azure-compliant-cvm.
[[nodiscard]] std::span<const Measurement> azure_id_key_digests();

// policy.paravisor, on SNP: the measurement or the ID key that the policy names, otherwise one of Microsoft's ID keys.
void check_snp_paravisor(const SnpReport& report, const SnpRules& rules, CheckList& checks);
// policy.paravisor, on TDX: there is no ID block, so the policy must name MRTD.
void check_tdx_paravisor(const TdxRules& rules, CheckList& checks);

}  // namespace minions::attestation
