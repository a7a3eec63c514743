// An attester that staples what verifiers need besides its evidence: certificates, revocation lists, TCB info,
// reference values, from the vendors' services. Clients then need not ask the vendors, and the vendors do not learn who
// talks to whom.
#pragma once

#include "attester/attester.h"
#include "collateral/collector.h"

namespace minions::gateway {

class StaplingAttester final : public attester::Attester {
 public:
  StaplingAttester(std::unique_ptr<attester::Attester> attester, std::unique_ptr<const collateral::Collector> collector,
                   std::function<UnixSeconds()> now);

  [[nodiscard]] std::string_view platform() const override { return attester_->platform(); }
  [[nodiscard]] Result<attestation::Evidence> collect_gpus(const Digest32& gpu_nonce) override;
  [[nodiscard]] Result<attestation::Evidence> collect(const attester::ReportData& data) override;
  // Those of the attester itself, and what its evidence needs beyond them. What is unavailable is logged and left out:
  // clients look for it themselves.
  [[nodiscard]] Result<attestation::Endorsements> endorsements() override;

 private:
  std::unique_ptr<attester::Attester> attester_;
  std::unique_ptr<const collateral::Collector> collector_;
  std::function<UnixSeconds()> now_;
  attestation::Evidence gpus_;  // of the epoch
  attestation::Evidence cpu_;   // of the last collection
};

}  // namespace minions::gateway
