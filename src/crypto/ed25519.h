// Ed25519 (RFC 8032): receipts.
#pragma once

#include <memory>

#include "base/result.h"
#include "crypto/random.h"
#include "crypto/secret.h"

struct evp_pkey_st;

namespace minions::crypto {

using Ed25519Public = ByteArray<32>;
using Ed25519Signature = ByteArray<64>;

// The private key is an object of the library, in its secure heap, and wiped with this one.
class Ed25519Signer {
 public:
  [[nodiscard]] static Ed25519Signer generate(Random& random);
  [[nodiscard]] static Ed25519Signer from_seed(std::span<const std::uint8_t, 32> seed);
  [[nodiscard]] const Ed25519Public& public_key() const { return public_; }
  [[nodiscard]] Ed25519Signature sign(ByteView message) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  Ed25519Signer() = default;
  std::unique_ptr<evp_pkey_st, Free> key_;
  Ed25519Public public_{};
};

[[nodiscard]] bool ed25519_verify(const Ed25519Public& key, ByteView message, ByteView signature);

}  // namespace minions::crypto
