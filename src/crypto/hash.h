// SHA-2, HMAC-SHA256 and HKDF-Expand (FIPS 180-4, RFC 2104, RFC 5869).
#pragma once

#include <initializer_list>
#include <memory>

#include "base/bytes.h"
#include "crypto/secret.h"

struct evp_md_ctx_st;

namespace minions::crypto {

[[nodiscard]] Digest32 sha256(std::initializer_list<ByteView> parts);
[[nodiscard]] inline Digest32 sha256(ByteView bytes) { return sha256({bytes}); }
[[nodiscard]] ByteArray<48> sha384(std::initializer_list<ByteView> parts);
[[nodiscard]] ByteArray<64> sha512(std::initializer_list<ByteView> parts);

// SHA-256 over input in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(ByteView bytes);
  [[nodiscard]] Digest32 finish() &&;

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

[[nodiscard]] SecretArray<32> hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);

// HKDF-Expand of a 32-byte key to 32 bytes: one block, so HMAC(key, info || 0x01).
[[nodiscard]] SecretArray<32> hkdf_expand_32(std::span<const std::uint8_t, 32> key, ByteView info);

}  // namespace minions::crypto
