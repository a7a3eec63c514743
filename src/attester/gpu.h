// The seam to the GPUs of a machine, and the platform made of a CPU's attester and such a source.
#pragma once

#include <memory>

#include "attester/attester.h"

namespace minions::attester {

class GpuSource {
 public:
  virtual ~GpuSource() = default;

  // One item for each GPU, over Ngpu, in a stable order; empty if there is none. Blocks; one call at a time.
  [[nodiscard]] virtual Result<attestation::Evidence> collect(const Digest32& gpu_nonce) = 0;
  [[nodiscard]] virtual Result<attestation::Endorsements> endorsements() = 0;
};

// The CPU's attester with GPU evidence added. Endorsements that both have under one name are merged, the CPU's first.
[[nodiscard]] std::unique_ptr<Attester> with_gpus(std::unique_ptr<Attester> cpu, std::unique_ptr<GpuSource> gpus);

}  // namespace minions::attester
