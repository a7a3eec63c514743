// X25519 (RFC 7748).
#pragma once

#include "base/result.h"
#include "crypto/random.h"
#include "crypto/secret.h"

namespace minions::crypto {

using X25519Public = ByteArray<32>;

class X25519KeyPair {
 public:
  [[nodiscard]] static X25519KeyPair generate(Random& random);
  [[nodiscard]] static X25519KeyPair from_private(std::span<const std::uint8_t, 32> private_key);

  [[nodiscard]] const X25519Public& public_key() const { return public_; }
  // kTampered if the result is 32 zero bytes, which a low-order key of the peer produces (RFC 7748 section 6.1).
  [[nodiscard]] Result<SecretArray<32>> derive(const X25519Public& peer) const;
  void clear() { private_.clear(); }
  [[nodiscard]] bool has_private() const { return private_.has_value(); }

 private:
  X25519KeyPair(LockedSecret<32> private_key, const X25519Public& public_key)
      : private_(std::move(private_key)), public_(public_key) {}

  LockedSecret<32> private_;
  X25519Public public_;
};

}  // namespace minions::crypto
