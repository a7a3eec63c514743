// ML-KEM-768 (FIPS 203). Available if the library has it: OpenSSL 3.5 does.
#pragma once

#include <memory>

#include "base/result.h"
#include "crypto/random.h"
#include "crypto/secret.h"

struct evp_pkey_st;

namespace minions::crypto {

inline constexpr std::size_t kMlKemPublicSize = 1184;
inline constexpr std::size_t kMlKemCiphertextSize = 1088;
using MlKemPublic = ByteArray<kMlKemPublicSize>;
using MlKemCiphertext = ByteArray<kMlKemCiphertextSize>;

struct MlKemEncapsulated {
  MlKemCiphertext ciphertext;
  SecretArray<32> secret;
};

class MlKemKeyPair {
 public:
  // From 64 bytes of randomness, d || z.
  [[nodiscard]] static MlKemKeyPair generate(Random& random);

  [[nodiscard]] MlKemPublic public_key() const;
  // Never fails on a wrong ciphertext: returns a secret that the peer does not have (implicit rejection).
  [[nodiscard]] SecretArray<32> decapsulate(const MlKemCiphertext& ciphertext) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  explicit MlKemKeyPair(evp_pkey_st* key) : key_(key) {}
  std::unique_ptr<evp_pkey_st, Free> key_;
};

// kMalformed if the key fails the check of FIPS 203 section 7.2.
[[nodiscard]] Result<MlKemEncapsulated> mlkem_encapsulate(ByteView public_key, Random& random);

}  // namespace minions::crypto
