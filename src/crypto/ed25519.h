// Ed25519 (RFC 8032): signs receipts. Uses libsodium, which signs in half the time of OpenSSL 3.5.
#pragma once

#include "base/result.h"
#include "crypto/random.h"
#include "crypto/secret.h"

namespace minions::crypto {

using Ed25519Public = ByteArray<32>;
using Ed25519Signature = ByteArray<64>;

class Ed25519Signer {
 public:
  [[nodiscard]] static Ed25519Signer generate(Random& random);
  [[nodiscard]] static Ed25519Signer from_seed(std::span<const std::uint8_t, 32> seed);
  [[nodiscard]] const Ed25519Public& public_key() const { return public_; }
  [[nodiscard]] Ed25519Signature sign(ByteView message) const;

 private:
  Ed25519Signer() = default;
  LockedSecret<64> seed_and_public_;  // the form the library signs with
  Ed25519Public public_{};
};

// Refuses what RFC 8032 leaves to the verifier: keys of small order, and non-canonical encodings.
[[nodiscard]] bool ed25519_verify(const Ed25519Public& key, ByteView message, ByteView signature);

}  // namespace minions::crypto
