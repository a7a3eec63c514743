// Asks Microsoft Azure Attestation for a token about this machine, through its API for guests (POST
// /attest/AzureGuest): the only one whose tokens name an azurevm with its boot and carry a nonce of ours. The answer
// comes encrypted to a key of the vTPM, so a token requested for one machine is of no use to another.
#pragma once

#include <filesystem>
#include <variant>

#include "attestation/azure/hcl_report.h"
#include "attester/cloud_service.h"
#include "attester/imds.h"
#include "attester/tpm.h"

namespace minions::attester {

// What vouches for the paravisor's report.
using HardwareProof = std::variant<AmdCertification, Bytes>;  // SNP: certificates; TDX: the quote

// What the service records in its token about the guest's system.
struct GuestSystem {
  std::string distribution;
  unsigned version_major = 0;
  unsigned version_minor = 0;
  Bytes boot_log;  // as firmware measured it; empty if the system does not show it

  // root: "/" except in tests. What cannot be read stays empty: the service decides whether that suffices.
  [[nodiscard]] static GuestSystem read(const std::filesystem::path& root);
};

// The service's answer: a token under AES-256-GCM, and that key encrypted to the vTPM's transport key.
struct SealedToken {
  Bytes sealed_key;
  ByteArray<12> nonce{};
  Bytes sealed;  // ciphertext and tag

  [[nodiscard]] static Result<SealedToken> parse(const Json& answer);
};

class MaaClient {
 public:
  // address: from service_address().
  MaaClient(std::string address, CloudAccess access) : address_(std::move(address)), access_(std::move(access)) {}

  // A compact JWT whose client payload has this nonce: 64 hex digits.
  [[nodiscard]] Result<Bytes> token(Tpm& tpm, const attestation::HclReport& report, const HardwareProof& proof,
                                    std::string_view nonce) const;

 private:
  std::string address_;
  CloudAccess access_;
};

}  // namespace minions::attester
