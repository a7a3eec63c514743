// An AMD platform and an Azure vTPM made for tests: keys, certificates, revocation lists, reports and quotes of the
// test's own, right in all but what a test breaks.
#pragma once

#include <map>
#include <memory>

#include "attestation/azure/snp.h"

struct evp_pkey_st;

namespace minions::attestation::synthetic_snp {

inline constexpr UnixSeconds kNow = 1790000000;
inline constexpr UnixSeconds kDay = 86400;

class SigningKey {
 public:
  [[nodiscard]] static SigningKey p256();
  [[nodiscard]] static SigningKey p384();
  [[nodiscard]] static SigningKey rsa();  // one of 2,048 bits, always the same
  [[nodiscard]] static SigningKey new_rsa();

  [[nodiscard]] crypto::PublicKey public_key() const;
  [[nodiscard]] Bytes sign_ecdsa(crypto::HashAlgorithm hash, ByteView message) const;  // r || s
  [[nodiscard]] Bytes sign_rsa_pkcs1(crypto::HashAlgorithm hash, ByteView message) const;
  [[nodiscard]] Bytes sign_rsa_pss(crypto::HashAlgorithm hash, ByteView message) const;
  [[nodiscard]] evp_pkey_st* get() const { return key_.get(); }

 private:
  explicit SigningKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

using Extensions = std::map<std::string, Bytes>;  // by OID

struct CertificateSpec {
  std::string subject;
  std::string issuer;
  SigningKey key;     // of the subject
  SigningKey signer;  // of the issuer
  long serial = 1;
  bool ca = false;
  UnixSeconds not_before = kNow - kDay;
  UnixSeconds not_after = kNow + kDay;
  Extensions extensions{};

  [[nodiscard]] crypto::Certificate make() const;
};

struct RevocationSpec {
  std::string issuer;
  SigningKey signer;
  std::vector<long> serials{};
  UnixSeconds this_update = kNow - kDay;
  UnixSeconds next_update = kNow + kDay;

  [[nodiscard]] Bytes der() const;
  [[nodiscard]] crypto::RevocationList make() const;
};

// DER
[[nodiscard]] Bytes integer(std::uint64_t value);
[[nodiscard]] Bytes ia5_string(std::string_view text);
[[nodiscard]] Bytes octet_string(ByteView bytes);

inline const std::string kAmdOid = "1.3.6.1.4.1.3704.1.";

// A processor: its chain of certificates, and reports that it signs. Tests change its members before they use it.
struct Platform {
  explicit Platform(SnpProduct line = SnpProduct::kMilan, SnpReport::SigningKey kind = SnpReport::SigningKey::kVcek);

  [[nodiscard]] std::vector<crypto::Certificate> certificates() const;  // leaf, ASK or ASVK, ARK
  // As it is after its last change.
  [[nodiscard]] Bytes signed_report() const;

  template <std::unsigned_integral T>
  void set(std::size_t offset, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) report[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  void put(std::size_t offset, ByteView bytes) {
    std::copy(bytes.begin(), bytes.end(), report.begin() + static_cast<std::ptrdiff_t>(offset));
  }

  CertificateSpec ark;
  CertificateSpec ask;
  CertificateSpec leaf;
  Bytes report;
};

// The pin of its ARK.
[[nodiscard]] std::vector<Digest32> root_of(const std::vector<crypto::Certificate>& certificates);

// What a paravisor writes around a report of the hardware.
struct HclParts {
  std::uint32_t report_type = 2;  // 2: SNP, 4: TDX
  std::uint32_t hash_type = 1;    // of the runtime data: SHA-256, SHA-384, SHA-512
  std::size_t size = 2600;        // of the NV index
};
[[nodiscard]] Bytes hcl_report(ByteView hardware_report, std::string_view runtime_json, const HclParts& parts);
// The hardware's REPORT_DATA for it.
[[nodiscard]] Bytes hcl_report_data(std::string_view runtime_json, std::uint32_t hash_type);
// Of a vTPM with this key.
[[nodiscard]] std::string hcl_runtime(const SigningKey& attestation_key);

// With an ID block of Microsoft's.
[[nodiscard]] Platform microsofts_platform();

// The paravisor's report around a platform's.
struct Paravisor {
  Platform platform = microsofts_platform();
  SigningKey attestation_key = SigningKey::rsa();
  std::string runtime_json = hcl_runtime(attestation_key);
  std::uint32_t hash_type = 1;
  std::size_t size = 2600;  // of the NV index

  // REPORT_DATA is set to the digest.
  [[nodiscard]] Bytes report() const;
};

struct Quote {
  Bytes extra_data = to_bytes("challenge");
  std::uint8_t safe = 1;
  std::vector<std::pair<std::uint16_t, Bytes>> selections = {{0x000B, {0x13, 0x00, 0x80}}};  // PCRs 0, 1, 4 and 23
  Bytes pcr_values = Bytes(4 * 32, 0xAB);
  crypto::HashAlgorithm hash = crypto::HashAlgorithm::kSha256;

  [[nodiscard]] Bytes attest() const;
};

// TPMT_SIGNATURE
[[nodiscard]] Bytes tagged(std::uint16_t scheme, std::uint16_t hash, ByteView value);

}  // namespace minions::attestation::synthetic_snp
