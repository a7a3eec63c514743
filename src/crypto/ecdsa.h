// ECDSA on P-384 with SHA-384 (FIPS 186-5): the operator's attestation key. PEM files in the prototype's format.
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

struct evp_pkey_st;

namespace minions::crypto {

class P384PublicKey {
 public:
  // SubjectPublicKeyInfo in PEM, on curve P-384. Refuses anything but white space after it.
  [[nodiscard]] static Result<P384PublicKey> from_pem(std::string_view pem);

  [[nodiscard]] std::string to_pem() const;
  [[nodiscard]] const Bytes& spki() const { return spki_; }  // DER
  [[nodiscard]] Digest32 spki_sha256() const;
  // signature: DER. False for anything but a good signature over the message.
  [[nodiscard]] bool verify(ByteView message, ByteView signature) const;

 private:
  friend class P384PrivateKey;
  [[nodiscard]] static Result<P384PublicKey> from_key(std::shared_ptr<evp_pkey_st> key);
  std::shared_ptr<evp_pkey_st> key_;
  Bytes spki_;
};

class P384PrivateKey {
 public:
  [[nodiscard]] static P384PrivateKey generate();
  // SEC1 or PKCS#8, unencrypted.
  [[nodiscard]] static Result<P384PrivateKey> from_pem(std::string_view pem);

  [[nodiscard]] std::string to_pem() const;  // PKCS#8; the caller writes it to a file of mode 0600 and wipes it
  [[nodiscard]] const P384PublicKey& public_key() const { return public_; }
  [[nodiscard]] Bytes sign(ByteView message) const;  // DER

 private:
  P384PrivateKey() = default;
  std::shared_ptr<evp_pkey_st> key_;
  P384PublicKey public_;
};

}  // namespace minions::crypto
