#include "crypto/hash.h"

#include <openssl/evp.h>

#include <algorithm>

#include "crypto/openssl.h"

namespace minions::crypto {
namespace {

// Fetched once: fetching by name for each message costs more than hashing it.
const EVP_MD* fetched(const char* name) { return must(EVP_MD_fetch(nullptr, name, nullptr)); }
const EVP_MD* md_sha256() {
  static const EVP_MD* const md = fetched("SHA256");
  return md;
}

template <std::size_t N>
ByteArray<N> digest(const EVP_MD* md, std::initializer_list<ByteView> parts) {
  thread_local const OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free> context(must(EVP_MD_CTX_new()));
  must(EVP_DigestInit_ex2(context.get(), md, nullptr));
  for (const ByteView part : parts) must(EVP_DigestUpdate(context.get(), part.data(), part.size()));
  ByteArray<N> out;
  must(EVP_DigestFinal_ex(context.get(), out.data(), nullptr));
  return out;
}

}  // namespace

Digest32 sha256(std::initializer_list<ByteView> parts) { return digest<32>(md_sha256(), parts); }

ByteArray<48> sha384(std::initializer_list<ByteView> parts) {
  static const EVP_MD* const md = fetched("SHA384");
  return digest<48>(md, parts);
}

ByteArray<64> sha512(std::initializer_list<ByteView> parts) {
  static const EVP_MD* const md = fetched("SHA512");
  return digest<64>(md, parts);
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }
Sha256::Sha256() : context_(must(EVP_MD_CTX_new())) { must(EVP_DigestInit_ex2(context_.get(), md_sha256(), nullptr)); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView bytes) { must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }

Digest32 Sha256::finish() && {
  Digest32 out;
  must(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr));
  context_.reset();
  return out;
}

// RFC 2104 over the library's SHA-256: setting up its own HMAC object costs five times as much as two short hashes.
SecretArray<32> hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  constexpr std::size_t kBlock = 64;
  thread_local const OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free> context(must(EVP_MD_CTX_new()));
  SecretArray<kBlock> block;
  if (key.size() > kBlock) {
    SecretArray<32> hashed(sha256(key));
    std::ranges::copy(hashed.reveal(), block.writable().begin());
  } else {
    std::ranges::copy(key, block.writable().begin());
  }
  const auto begin = [&](std::uint8_t pad) {
    for (std::uint8_t& byte : block.writable()) byte ^= pad;
    must(EVP_DigestInit_ex2(context.get(), md_sha256(), nullptr));
    must(EVP_DigestUpdate(context.get(), block.reveal().data(), kBlock));
  };
  SecretArray<32> out;
  begin(0x36);
  for (const ByteView part : parts) must(EVP_DigestUpdate(context.get(), part.data(), part.size()));
  must(EVP_DigestFinal_ex(context.get(), out.writable().data(), nullptr));
  begin(0x36 ^ 0x5c);
  must(EVP_DigestUpdate(context.get(), out.reveal().data(), out.kSize));
  must(EVP_DigestFinal_ex(context.get(), out.writable().data(), nullptr));
  // The context still holds the result as its state; this overwrites it.
  must(EVP_DigestInit_ex2(context.get(), md_sha256(), nullptr));
  return out;
}

SecretArray<32> hkdf_expand_32(std::span<const std::uint8_t, 32> key, ByteView info) {
  static constexpr std::uint8_t kFirstBlock = 1;
  return hmac_sha256(key, {info, ByteView(&kFirstBlock, 1)});
}

}  // namespace minions::crypto
