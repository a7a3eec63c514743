// Evidence without any hardware, for development: SIMULATED, NOT CONFIDENTIAL. Chosen only by name, never as a
// fallback.
#pragma once

#include "attester/attester.h"

namespace minions::attester {

class SimulatedAttester final : public Attester {
 public:
  [[nodiscard]] std::string_view platform() const override;
  [[nodiscard]] Result<attestation::Evidence> collect_gpus(const Digest32& gpu_nonce) override;
  [[nodiscard]] Result<attestation::Evidence> collect(const ReportData& data) override;
  [[nodiscard]] Result<attestation::Endorsements> endorsements() override;
};

}  // namespace minions::attester
