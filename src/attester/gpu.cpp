#include "attester/gpu.h"

#include <iterator>

namespace minions::attester {
namespace {

class WithGpus final : public Attester {
 public:
  WithGpus(std::unique_ptr<Attester> cpu, std::unique_ptr<GpuSource> gpus)
      : cpu_(std::move(cpu)), gpus_(std::move(gpus)) {}

  [[nodiscard]] std::string_view platform() const override { return cpu_->platform(); }

  [[nodiscard]] Result<attestation::Evidence> collect_gpus(const Digest32& gpu_nonce) override {
    return gpus_->collect(gpu_nonce);
  }

  [[nodiscard]] Result<attestation::Evidence> collect(const ReportData& data) override { return cpu_->collect(data); }

  [[nodiscard]] Result<attestation::Endorsements> endorsements() override {
    MINIONS_TRY_ASSIGN(attestation::Endorsements joined, cpu_->endorsements());
    MINIONS_TRY_ASSIGN(attestation::Endorsements gpus, gpus_->endorsements());
    for (auto& [name, entries] : gpus) {
      std::vector<Bytes>& to = joined[name];
      to.insert(to.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
    }
    return joined;
  }

 private:
  std::unique_ptr<Attester> cpu_;
  std::unique_ptr<GpuSource> gpus_;
};

}  // namespace

std::unique_ptr<Attester> with_gpus(std::unique_ptr<Attester> cpu, std::unique_ptr<GpuSource> gpus) {
  return std::make_unique<WithGpus>(std::move(cpu), std::move(gpus));
}

}  // namespace minions::attester
