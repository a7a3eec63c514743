#include "attester/simulated.h"

namespace minions::attester {

ReportData ReportData::of(const attestation::Bound& bound) {
  return {.bound = bound,
          .tpm_qualifying_data = attestation::tpm_qualifying_data(bound),
          .maa_nonce = attestation::maa_nonce(bound),
          .cpu_report_data = attestation::cpu_report_data(bound, Digest32{})};
}

std::string_view SimulatedAttester::platform() const { return attestation::evidence_type::kSimulated; }

Result<attestation::Evidence> SimulatedAttester::collect_gpus(const Digest32&) { return attestation::Evidence(); }

// Nothing to collect: simulated evidence is only the operator's signature over the same values.
Result<attestation::Evidence> SimulatedAttester::collect(const ReportData&) {
  return attestation::Evidence{{.type = std::string(attestation::evidence_type::kSimulated), .data = {}}};
}

Result<attestation::Endorsements> SimulatedAttester::endorsements() { return attestation::Endorsements(); }

}  // namespace minions::attester
