// What surrounds the vTPM of an Azure confidential VM, with keys of the tests' own: the hardware's report inside the
// paravisor's, and what IMDS says about it.
#pragma once

#include "attestation/synthetic_snp.h"
#include "attestation/synthetic_tdx.h"

namespace minions::attester {

// Made anew for each test: a VCEK, its chain, and reports for runtime data that names the vTPM's key.
struct AzureSnpMachine {
  explicit AzureSnpMachine(UnixSeconds now);

  [[nodiscard]] Bytes hcl_report(ByteView attestation_key_modulus) const;  // 2,048 bytes
  [[nodiscard]] std::string imds_certification() const;                    // JSON

  attestation::synthetic_snp::Platform platform;
  std::vector<crypto::Certificate> certificates;  // VCEK, ASK, ARK
};

struct AzureTdxMachine {
  AzureTdxMachine() = default;

  // 2,048 bytes. What the platform says from then on is about this report.
  [[nodiscard]] Bytes hcl_report(ByteView attestation_key_modulus);
  [[nodiscard]] Bytes td_report() const;  // 1,024 bytes

  attestation::tdx::Platform platform;
  attestation::tdx::TdxEvidence evidence;  // quote and collateral of the latest report
};

[[nodiscard]] std::string pem_of(const crypto::Certificate& certificate);

}  // namespace minions::attester
