// TDX quotes and collateral as Intel and its platforms would make them, with keys of the test's own: everything valid
// unless a test changes it, and signed after the change.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>

#include "attestation/intel/tdx_collateral.h"
#include "attestation/synthetic_intel_ca.h"
#include "attestation/tdx_evidence.h"

namespace minions::attestation::tdx {

inline constexpr UnixSeconds kNow = 1'755'000'000;  // 2025-08-12T12:00:00Z

// DER of the extension, with an item more or less where `items` says so.
using PckItems = std::vector<std::pair<std::string, Bytes>>;  // identifier below the prefix, DER of the value
[[nodiscard]] PckItems tcb_items(const PckExtension& pck);    // .2.1 to .2.18
[[nodiscard]] PckItems pck_items(const PckExtension& pck, const PckItems& tcb);
[[nodiscard]] Bytes pck_der(const PckItems& items);
[[nodiscard]] Bytes der_value(std::uint8_t tag, ByteView contents);

struct Platform {
  Platform();

  std::uint16_t version = 4;
  std::uint16_t body_type = 2;
  TdBody body;
  EnclaveReport qe;  // report_data is made, unless qe_report_data is given
  std::optional<ByteArray<64>> qe_report_data;
  Bytes auth_data = Bytes(32, 0xAA);
  PckExtension pck;
  std::optional<Bytes> pck_extension;  // instead of what pck says
  nlohmann::ordered_json tcb_info;
  nlohmann::ordered_json qe_identity;

  CertificateParts root{.name = "Intel SGX Root CA", .serial = 1, .is_ca = true};
  CertificateParts ca{.name = "Intel SGX PCK Platform CA", .serial = 2, .is_ca = true};
  CertificateParts leaf{.name = "Intel SGX PCK Certificate", .serial = 3};
  CertificateParts signer{.name = "Intel SGX TCB Signing", .serial = 4};
  CrlParts root_crl;
  CrlParts pck_crl;

  // Who signs; a test swaps them.
  const SigningKey* root_key;
  const SigningKey* ca_key;
  const SigningKey* pck_key;
  const SigningKey* signer_key;
  const SigningKey* attestation_key;
  const SigningKey* ca_issuer;
  const SigningKey* leaf_issuer;
  const SigningKey* signer_issuer;
  const SigningKey* qe_report_signer;
  const SigningKey* quote_signer;
  const SigningKey* tcb_info_signer;
  const SigningKey* qe_identity_signer;
  const SigningKey* root_crl_signer;
  const SigningKey* pck_crl_signer;
  std::function<void(Bytes& certification)> change_certification = [](Bytes&) {};  // of the quoting enclave
  std::function<void(Bytes& signed_part)> change_signed_part = [](Bytes&) {};      // header and body, before signing

  [[nodiscard]] TdxEvidence evidence() const;
};

// TDREPORT_STRUCT of the same guest, 1,024 bytes, without a MAC that anybody could check.
[[nodiscard]] Bytes td_report(const TdBody& body);

// The text that Intel would serve.
[[nodiscard]] std::string signed_json(std::string_view name, const std::string& object, const SigningKey& signer);

}  // namespace minions::attestation::tdx
