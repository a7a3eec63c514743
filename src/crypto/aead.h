// AES-256-GCM (RFC 5116, NIST SP 800-38D) with one key and many nonces. Never chooses a nonce: callers count.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"

struct evp_cipher_ctx_st;

namespace minions::crypto {

inline constexpr std::size_t kAeadTagSize = 16;
using AeadKey = std::span<const std::uint8_t, 32>;
using AeadNonce = std::span<const std::uint8_t, 12>;

namespace internal {
struct FreeCipher {
  void operator()(evp_cipher_ctx_st* context) const;
};
using CipherContext = std::unique_ptr<evp_cipher_ctx_st, FreeCipher>;
}  // namespace internal

class Sealer {
 public:
  explicit Sealer(AeadKey key);

  // The plaintext is the parts in order, then zero_count zero bytes. Writes ciphertext and tag to out, which has
  // exactly that length plus kAeadTagSize and does not overlap the parts. Security: IND-CPA and INT-CTXT while no nonce
  // repeats.
  void seal(AeadNonce nonce, ByteView associated, std::span<const ByteView> parts, std::size_t zero_count,
            MutableBytes out);

 private:
  internal::CipherContext context_;
};

class Opener {
 public:
  explicit Opener(AeadKey key);

  // Decrypts ciphertext || tag to out (shorter by the tag; may be the same memory). kTampered without a cause, and out
  // wiped, if the tag is wrong; too short is the same.
  [[nodiscard]] Status open(AeadNonce nonce, ByteView associated, ByteView sealed, MutableBytes out);

 private:
  internal::CipherContext context_;
};

}  // namespace minions::crypto
