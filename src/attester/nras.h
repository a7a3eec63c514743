// NVIDIA's Remote Attestation Service, queried about the GPUs of this machine: its answer travels with their own
// evidence. Clients judge it, with the service's keys that they obtain themselves.
#pragma once

#include "attester/cloud_service.h"
#include "attester/gpu.h"

namespace minions::attester {

class NrasClient {
 public:
  // address: https, or http on loopback; kUsage otherwise.
  [[nodiscard]] static Result<NrasClient> make(const std::string& address, CloudAccess access = {});

  // POST /v3/attest/gpu with all of them; an nvidia-nras item with the exact body of the answer. kMalformed for an
  // answer that is not the service's; kRefused if it reports that a GPU failed, or answers another nonce.
  [[nodiscard]] Result<attestation::EvidenceItem> ask(const attestation::Evidence& gpus, const Digest32& nonce) const;

 private:
  NrasClient(std::string address, CloudAccess access) : address_(std::move(address)), access_(std::move(access)) {}
  std::string address_;
  CloudAccess access_;
};

// The source with the service's answer after its GPUs; without one if there is no GPU.
[[nodiscard]] std::unique_ptr<GpuSource> with_nras(std::unique_ptr<GpuSource> gpus, NrasClient nras);

}  // namespace minions::attester
