#include "crypto/ed25519.h"

#include <openssl/evp.h>

#include "crypto/openssl.h"

namespace minions::crypto {

void Ed25519Signer::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Ed25519Signer Ed25519Signer::generate(Random& random) {
  SecretArray<32> seed;
  random.fill(seed.writable());
  return from_seed(seed.reveal());
}

Ed25519Signer Ed25519Signer::from_seed(std::span<const std::uint8_t, 32> seed) {
  Ed25519Signer signer;
  signer.key_.reset(must(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, seed.data(), seed.size())));
  std::size_t length = signer.public_.size();
  must(EVP_PKEY_get_raw_public_key(signer.key_.get(), signer.public_.data(), &length));
  return signer;
}

Ed25519Signature Ed25519Signer::sign(ByteView message) const {
  const OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free> context(must(EVP_MD_CTX_new()));
  must(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key_.get(), nullptr));
  Ed25519Signature signature;
  std::size_t length = signature.size();
  must(EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()));
  return signature;
}

bool ed25519_verify(const Ed25519Public& key, ByteView message, ByteView signature) {
  if (signature.size() != Ed25519Signature{}.size()) return false;
  const OpensslPtr<EVP_PKEY, EVP_PKEY_free> public_key(
      must(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, key.data(), key.size())));
  const OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free> context(must(EVP_MD_CTX_new()));
  must(EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, public_key.get(), nullptr));
  const bool good =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace minions::crypto
