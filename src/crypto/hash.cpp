#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/openssl.h"

namespace minions::crypto {
namespace {

// Fetched once: a fetch by name for each message costs more than hashing it.
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

// An HMAC context with its digest set and no key: duplicated for each use, so that no key outlives its use.
const EVP_MAC_CTX* hmac_template() {
  static const OpensslPtr<EVP_MAC_CTX, EVP_MAC_CTX_free> context = [] {
    const OpensslPtr<EVP_MAC, EVP_MAC_free> mac(must(EVP_MAC_fetch(nullptr, "HMAC", nullptr)));
    OpensslPtr<EVP_MAC_CTX, EVP_MAC_CTX_free> made(must(EVP_MAC_CTX_new(mac.get())));
    char digest_name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                 OSSL_PARAM_construct_end()};
    must(EVP_MAC_CTX_set_params(made.get(), params));
    return made;
  }();
  return context.get();
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

SecretArray<32> hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  const OpensslPtr<EVP_MAC_CTX, EVP_MAC_CTX_free> context(must(EVP_MAC_CTX_dup(hmac_template())));
  // OpenSSL takes a null key for "keep the old one"; an empty key needs an address.
  static constexpr std::uint8_t kNone = 0;
  must(EVP_MAC_init(context.get(), key.empty() ? &kNone : key.data(), key.size(), nullptr));
  for (const ByteView part : parts) must(EVP_MAC_update(context.get(), part.data(), part.size()));
  SecretArray<32> out;
  std::size_t length = 0;
  must(EVP_MAC_final(context.get(), out.writable().data(), &length, out.kSize));
  return out;
}

SecretArray<32> hkdf_expand_32(std::span<const std::uint8_t, 32> key, ByteView info) {
  static constexpr std::uint8_t kFirstBlock = 1;
  return hmac_sha256(key, {info, ByteView(&kFirstBlock, 1)});
}

}  // namespace minions::crypto
