// The seam to the platform: collects evidence about this machine over values from the binding chain. Judges nothing.
#pragma once

#include "attestation/core/binding.h"

namespace minions::attester {

// What evidence of one collection must carry: one statement, one batch of nonces.
struct ReportData {
  attestation::Bound bound;                     // C, G, M
  Digest32 tpm_qualifying_data{};               // Qd, for TPM2_Quote
  Digest32 maa_nonce{};                         // V, for Microsoft Azure Attestation
  attestation::ReportData64 cpu_report_data{};  // R, for REPORT_DATA if there is no TPM quote in between (Q is zero)

  [[nodiscard]] static ReportData of(const attestation::Bound& bound);
};

class Attester {
 public:
  virtual ~Attester() = default;

  // The name of the platform: sev-snp, tdx, simulated, ...
  [[nodiscard]] virtual std::string_view platform() const = 0;
  // GPU evidence over Ngpu: once per epoch, never again for a nonce. Empty if there is no GPU.
  [[nodiscard]] virtual Result<attestation::Evidence> collect_gpus(const Digest32& gpu_nonce) = 0;
  // CPU or TPM evidence: once per epoch and once per batch of nonces. Blocks; one call at a time.
  [[nodiscard]] virtual Result<attestation::Evidence> collect(const ReportData& data) = 0;
  // What the machine has for verifying its own evidence.
  [[nodiscard]] virtual Result<attestation::Endorsements> endorsements() = 0;
};

}  // namespace minions::attester
