#include "gateway/stapling_attester.h"

#include "base/log.h"

namespace minions::gateway {

StaplingAttester::StaplingAttester(std::unique_ptr<attester::Attester> attester,
                                   std::unique_ptr<const collateral::Collector> collector,
                                   std::function<UnixSeconds()> now)
    : attester_(std::move(attester)), collector_(std::move(collector)), now_(std::move(now)) {}

Result<attestation::Evidence> StaplingAttester::collect_gpus(const Digest32& gpu_nonce) {
  MINIONS_TRY_ASSIGN(gpus_, attester_->collect_gpus(gpu_nonce));
  return gpus_;
}

Result<attestation::Evidence> StaplingAttester::collect(const attester::ReportData& data) {
  MINIONS_TRY_ASSIGN(cpu_, attester_->collect(data));
  return cpu_;
}

Result<attestation::Endorsements> StaplingAttester::endorsements() {
  MINIONS_TRY_ASSIGN(attestation::Endorsements own, attester_->endorsements());
  // Before the first collection: any evidence of the machine shows what it is.
  if (cpu_.empty()) {
    MINIONS_TRY_ASSIGN(cpu_, attester_->collect(attester::ReportData::of({})));
  }
  attestation::Evidence all = cpu_;
  std::copy_if(gpus_.begin(), gpus_.end(), std::back_inserter(all), [](const attestation::EvidenceItem& item) {
    return item.type == attestation::evidence_type::kNvidiaGpu;  // verifiers fetch key sets of tokens themselves
  });
  const attestation::PolicyRules everything;  // what the strictest client would want
  collateral::Collected collected =
      collector_->collect_blocking({.evidence = all, .endorsements = own, .policy = everything, .now = now_()});
  for (const std::string& missing : collected.missing)
    log::warning("collateral_missing", {{"reason", log::Public{missing}}});
  return std::move(collected.endorsements);
}

}  // namespace minions::gateway
