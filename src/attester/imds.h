// Azure's Instance Metadata Service, as far as attestation needs it: the certificates of the processor, and quotes of
// TD reports. Reached over plain HTTP at a link-local address, so nothing it states is trusted before it verifies.
#pragma once

#include "attester/cloud_service.h"

namespace minions::attester {

struct AmdCertification {
  std::string vcek_pem;   // one certificate
  std::string chain_pem;  // ASK and ARK
};

class Imds {
 public:
  // address: from service_address().
  Imds(std::string address, CloudAccess access) : address_(std::move(address)), access_(std::move(access)) {}

  // GET /metadata/THIM/amd/certification. kMalformed if it returns no certificates.
  [[nodiscard]] Result<AmdCertification> amd_certification() const;
  // POST /acc/tdquote: the quoting enclave's quote of this machine's TD report.
  [[nodiscard]] Result<Bytes> td_quote(ByteView td_report) const;

 private:
  std::string address_;
  CloudAccess access_;
};

}  // namespace minions::attester
