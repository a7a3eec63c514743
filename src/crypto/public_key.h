// Other parties' public keys, for verifying their signatures: attestation keys, certificate keys, keys of token
// services.
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

struct evp_pkey_st;

namespace minions::crypto {

enum class Curve { kP256, kP384 };
enum class HashAlgorithm { kSha256, kSha384, kSha512 };

class PublicKey {
 public:
  // SubjectPublicKeyInfo, DER: elliptic curve P-256 or P-384, or RSA of 2048 to 4096 bits.
  [[nodiscard]] static Result<PublicKey> from_spki(ByteView der);
  // X || Y, big-endian, each as long as the curve's field: 64 bytes for P-256, 96 for P-384. Refuses a point that is
  // not on the curve.
  [[nodiscard]] static Result<PublicKey> from_point(Curve curve, ByteView x_y);
  // Modulus and exponent, big-endian.
  [[nodiscard]] static Result<PublicKey> from_rsa(ByteView modulus, ByteView exponent);

  // Nothing for RSA.
  [[nodiscard]] std::optional<Curve> curve() const { return curve_; }
  [[nodiscard]] Bytes spki() const;  // DER, encoded on each call
  [[nodiscard]] Digest32 spki_sha256() const;

  // Each returns false for a key of another kind, and for anything but a good signature over the message. r || s,
  // big-endian, each as long as the curve's field.
  [[nodiscard]] bool verify_ecdsa(HashAlgorithm hash, ByteView message, ByteView r_s) const;
  // As in certificates and ASN.1: SEQUENCE of two INTEGERs.
  [[nodiscard]] bool verify_ecdsa_der(HashAlgorithm hash, ByteView message, ByteView signature) const;
  // RSASSA-PKCS1-v1_5.
  [[nodiscard]] bool verify_rsa_pkcs1(HashAlgorithm hash, ByteView message, ByteView signature) const;
  // RSASSA-PSS with MGF1 of the same hash and a salt as long as the hash.
  [[nodiscard]] bool verify_rsa_pss(HashAlgorithm hash, ByteView message, ByteView signature) const;

 private:
  friend class P384PublicKey;
  PublicKey() = default;
  // RSAPublicKey.
  [[nodiscard]] static Result<PublicKey> from_rsa_der(ByteView der);
  // Checks key type and strength.
  [[nodiscard]] static Result<PublicKey> from_key(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  std::optional<Curve> curve_;
};

}  // namespace minions::crypto
