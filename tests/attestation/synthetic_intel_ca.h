// Keys, certificates and revocation lists as Intel's certificate authorities make them, with keys of the test's own.
#pragma once

#include <map>
#include <memory>

#include "base/time.h"
#include "crypto/public_key.h"

struct evp_pkey_st;

namespace minions::attestation::tdx {

class SigningKey {
 public:
  SigningKey();  // P-256, new

  [[nodiscard]] Bytes sign(ByteView message) const;  // r || s, SHA-256
  [[nodiscard]] Bytes point() const;                 // X || Y
  [[nodiscard]] crypto::PublicKey public_key() const;
  [[nodiscard]] evp_pkey_st* get() const { return key_.get(); }

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

struct CertificateParts {
  std::string name;
  unsigned serial = 1;
  bool is_ca = false;
  UnixSeconds not_before = 1'700'000'000;
  UnixSeconds not_after = 1'900'000'000;
  std::map<std::string, Bytes> extensions = {};  // DER by OID
};

struct CrlParts {
  UnixSeconds this_update = 1'750'000'000;
  UnixSeconds next_update = 1'760'000'000;  // 0: none
  std::vector<unsigned> serials = {};       // revoked
};

struct IssuedCertificate {
  std::string pem;
  Digest32 sha256{};  // of the DER
};
[[nodiscard]] IssuedCertificate certify(const CertificateParts& parts, const SigningKey& key, const std::string& issuer,
                                        const SigningKey& issuer_key);
[[nodiscard]] Bytes revocation_list(const CrlParts& parts, const std::string& issuer, const SigningKey& key);  // DER

}  // namespace minions::attestation::tdx
