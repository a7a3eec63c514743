#include "attestation/synthetic_token.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/encoding.h"

namespace minions::attestation {
namespace {

Bytes number(EVP_PKEY* key, const char* name, int width) {
  BIGNUM* value = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &value) != 1) throw std::runtime_error(name);
  Bytes out(static_cast<std::size_t>(width > 0 ? width : BN_num_bytes(value)));
  BN_bn2binpad(value, out.data(), static_cast<int>(out.size()));
  BN_free(value);
  return out;
}

// ECDSA's two INTEGERs as the two halves that tokens carry.
Bytes halves(const Bytes& der, int width) {
  const unsigned char* at = der.data();
  ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  Bytes out(static_cast<std::size_t>(2 * width));
  BN_bn2binpad(ECDSA_SIG_get0_r(parts), out.data(), width);
  BN_bn2binpad(ECDSA_SIG_get0_s(parts), out.data() + width, width);
  ECDSA_SIG_free(parts);
  return out;
}

}  // namespace

TokenKey::TokenKey(Kind kind, std::string id) : kind_(kind), id_(std::move(id)) {
  EVP_PKEY* key =
      kind == Kind::kRsa ? EVP_RSA_gen(2048) : EVP_EC_gen(kind == Kind::kEcP384 ? "secp384r1" : "prime256v1");
  key_.reset(key, EVP_PKEY_free);
}

Json TokenKey::jwk() const {
  if (kind_ == Kind::kRsa) {
    return {{"kty", "RSA"},
            {"kid", id_},
            {"n", to_base64url(number(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0))},
            {"e", to_base64url(number(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0))}};
  }
  const int width = kind_ == Kind::kEcP384 ? 48 : 32;
  return {{"kty", "EC"},
          {"kid", id_},
          {"crv", kind_ == Kind::kEcP384 ? "P-384" : "P-256"},
          {"x", to_base64url(number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, width))},
          {"y", to_base64url(number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, width))}};
}

std::string TokenKey::sign_raw(const std::string& header, const std::string& claims) const {
  const std::string input = to_base64url(as_bytes(header)) + '.' + to_base64url(as_bytes(claims));
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* md = kind_ == Kind::kEcP384 ? EVP_sha384() : EVP_sha256();
  std::size_t length = 1024;
  Bytes signature(length);
  if (EVP_DigestSignInit(context, nullptr, md, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context, signature.data(), &length, as_bytes(input).data(), input.size()) != 1) {
    throw std::runtime_error("signing failed");
  }
  EVP_MD_CTX_free(context);
  signature.resize(length);
  if (kind_ != Kind::kRsa) signature = halves(signature, kind_ == Kind::kEcP384 ? 48 : 32);
  return input + '.' + to_base64url(signature);
}

std::string TokenKey::sign(const std::string& algorithm, const Json& claims) const {
  return sign_raw(Json{{"alg", algorithm}, {"kid", id_}}.dump(), claims.dump());
}

std::string key_set(std::initializer_list<const TokenKey*> keys) {
  Json list = Json::array();
  for (const TokenKey* key : keys) list.push_back(key->jwk());
  return Json{{"keys", list}}.dump();
}

}  // namespace minions::attestation
