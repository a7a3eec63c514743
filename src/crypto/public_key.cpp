#include "crypto/public_key.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace minions::crypto {
namespace {

using Key = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = OpensslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

constexpr std::uint8_t kUncompressed = 4;
// Contents of AlgorithmIdentifier (RFC 3279 section 2.3.1, RFC 5480 section 2.1.1).
constexpr std::array<std::uint8_t, 13> kRsaAlgorithm = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                        0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
constexpr std::array<std::uint8_t, 19> kP256Algorithm = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                                         0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr std::array<std::uint8_t, 16> kP384Algorithm = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                                         0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 4096;

// Fetched once.
const EVP_MD* digest_of(HashAlgorithm hash) {
  static const EVP_MD* const sha256 = must(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  static const EVP_MD* const sha384 = must(EVP_MD_fetch(nullptr, "SHA384", nullptr));
  static const EVP_MD* const sha512 = must(EVP_MD_fetch(nullptr, "SHA512", nullptr));
  switch (hash) {
    case HashAlgorithm::kSha256: return sha256;
    case HashAlgorithm::kSha384: return sha384;
    case HashAlgorithm::kSha512: return sha512;
  }
  openssl_failed();
}

std::size_t field_size(Curve curve) { return curve == Curve::kP256 ? 32 : 48; }

ByteView algorithm_of(Curve curve) {
  return curve == Curve::kP256 ? ByteView(kP256Algorithm) : ByteView(kP384Algorithm);
}

std::optional<Curve> curve_of(EVP_PKEY* key) {
  char group[32] = "";
  std::size_t length = 0;
  if (EVP_PKEY_is_a(key, "EC") != 1 || EVP_PKEY_get_group_name(key, group, sizeof group, &length) != 1)
    return std::nullopt;
  const std::string_view name(group, length);
  if (name == "prime256v1") return Curve::kP256;
  if (name == "secp384r1") return Curve::kP384;
  return std::nullopt;
}

// The curve's parameters, without a point: setting up a curve takes three times as long as copying one.
const EVP_PKEY* curve_parameters(Curve curve) {
  const auto make = [](const char* name) {
    char group[16] = "";
    std::string_view(name).copy(group, sizeof group - 1);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                           OSSL_PARAM_construct_end()};
    const KeyContext context(must(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)));
    must(EVP_PKEY_fromdata_init(context.get()));
    EVP_PKEY* key = nullptr;
    must(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEY_PARAMETERS, params));
    return key;
  };
  static const EVP_PKEY* const p256 = make("prime256v1");
  static const EVP_PKEY* const p384 = make("secp384r1");
  return curve == Curve::kP256 ? p256 : p384;
}

// A key from its parameters; null if they are invalid.
std::shared_ptr<EVP_PKEY> key_from(const char* type, OSSL_PARAM* params) {
  const KeyContext context(must(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)));
  must(EVP_PKEY_fromdata_init(context.get()));
  EVP_PKEY* key = nullptr;
  const bool made = EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) == 1;
  ERR_clear_error();
  return made ? std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free) : nullptr;
}

bool verify(EVP_PKEY* key, const EVP_MD* md, int rsa_padding, ByteView message, ByteView signature) {
  const OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free> context(must(EVP_MD_CTX_new()));
  EVP_PKEY_CTX* key_context = nullptr;  // the digest context's own
  bool good = EVP_DigestVerifyInit(context.get(), &key_context, md, nullptr, key) == 1;
  if (good && rsa_padding != 0) good = EVP_PKEY_CTX_set_rsa_padding(key_context, rsa_padding) == 1;
  if (good && rsa_padding == RSA_PKCS1_PSS_PADDING)
    good = EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) == 1;
  good =
      good && EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace

Result<PublicKey> PublicKey::from_key(std::shared_ptr<evp_pkey_st> key) {
  PublicKey out;
  out.curve_ = curve_of(key.get());
  if (!out.curve_) {
    const int bits = EVP_PKEY_get_bits(key.get());
    if (EVP_PKEY_is_a(key.get(), "RSA") != 1 || bits < kLeastRsaBits || bits > kMostRsaBits) {
      return fail(ErrorCode::kUnsupported, "public key: want P-256, P-384 or RSA of 2048 to 4096 bits");
    }
  }
  out.key_ = std::move(key);
  return out;
}

// Not kept: encoding costs a tenth of verifying a certificate, and few keys are compared.
Bytes PublicKey::spki() const {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key_.get(), &der);
  if (length <= 0) openssl_failed();
  Bytes out(der, der + length);
  OPENSSL_free(der);
  return out;
}

Result<PublicKey> PublicKey::from_spki(ByteView der) {
  constexpr std::string_view kField = "public key";
  DerReader outer(der);
  MINIONS_TRY_ASSIGN(DerReader fields, outer.enter(der_tag::kSequence, kField));
  MINIONS_TRY(outer.finish(kField));
  MINIONS_TRY_ASSIGN(const ByteView algorithm, fields.take(der_tag::kSequence, kField));
  MINIONS_TRY_ASSIGN(const ByteView bits, fields.bit_string(kField));
  MINIONS_TRY(fields.finish(kField));
  if (equal(algorithm, kRsaAlgorithm)) return from_rsa_der(bits);
  for (const Curve curve : {Curve::kP256, Curve::kP384}) {
    if (!equal(algorithm, algorithm_of(curve))) continue;
    if (bits.empty() || bits[0] != kUncompressed)
      return fail(ErrorCode::kMalformed, "public key: want an uncompressed point");
    return from_point(curve, bits.subspan(1));
  }
  return fail(ErrorCode::kUnsupported, "public key: want P-256, P-384 or RSA of 2048 to 4096 bits");
}

// RFC 8017 section A.1.1.
Result<PublicKey> PublicKey::from_rsa_der(ByteView der) {
  constexpr std::string_view kField = "public key";
  DerReader outer(der);
  MINIONS_TRY_ASSIGN(DerReader fields, outer.enter(der_tag::kSequence, kField));
  MINIONS_TRY(outer.finish(kField));
  MINIONS_TRY_ASSIGN(const ByteView modulus, fields.unsigned_integer(kField));
  MINIONS_TRY_ASSIGN(const ByteView exponent, fields.unsigned_integer(kField));
  MINIONS_TRY(fields.finish(kField));
  return from_rsa(modulus, exponent);
}

Result<PublicKey> PublicKey::from_point(Curve curve, ByteView x_y) {
  if (x_y.size() != 2 * field_size(curve)) {
    return fail(ErrorCode::kMalformed,
                fmt::format("public key: want a point of {} bytes, found {}", 2 * field_size(curve), x_y.size()));
  }
  Bytes uncompressed = {kUncompressed};
  append(uncompressed, x_y);
  PublicKey out;
  out.curve_ = curve;
  // The library keeps a reference count in it, so it takes no const.
  out.key_ =
      std::shared_ptr<EVP_PKEY>(must(EVP_PKEY_dup(const_cast<EVP_PKEY*>(curve_parameters(curve)))), EVP_PKEY_free);
  const bool on_curve = EVP_PKEY_set1_encoded_public_key(out.key_.get(), uncompressed.data(), uncompressed.size()) == 1;
  ERR_clear_error();
  if (!on_curve) return fail(ErrorCode::kMalformed, "public key: not a point of its curve");
  return out;
}

Result<PublicKey> PublicKey::from_rsa(ByteView modulus, ByteView exponent) {
  if (modulus.empty() || modulus.size() > kMostRsaBits / 8 || exponent.empty() || exponent.size() > 8) {
    return fail(ErrorCode::kMalformed, "public key: the RSA modulus or exponent has an impossible length");
  }
  const OpensslPtr<BIGNUM, BN_free> n(must(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr)));
  const OpensslPtr<BIGNUM, BN_free> e(must(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr)));
  const OpensslPtr<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(must(OSSL_PARAM_BLD_new()));
  must(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()));
  must(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()));
  const OpensslPtr<OSSL_PARAM, OSSL_PARAM_free> params(must(OSSL_PARAM_BLD_to_param(builder.get())));
  auto key = key_from("RSA", params.get());
  if (key == nullptr) return fail(ErrorCode::kMalformed, "public key: not an RSA key");
  return from_key(std::move(key));
}

Digest32 PublicKey::spki_sha256() const { return sha256(spki()); }

bool PublicKey::verify_ecdsa(HashAlgorithm hash, ByteView message, ByteView r_s) const {
  if (!curve_ || r_s.size() != 2 * field_size(*curve_)) return false;
  const std::size_t half = field_size(*curve_);
  const OpensslPtr<ECDSA_SIG, ECDSA_SIG_free> parts(must(ECDSA_SIG_new()));
  must(ECDSA_SIG_set0(parts.get(), must(BN_bin2bn(r_s.data(), static_cast<int>(half), nullptr)),
                      must(BN_bin2bn(r_s.data() + half, static_cast<int>(half), nullptr))));
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(parts.get(), &der);
  const bool good = length > 0 && verify_ecdsa_der(hash, message, ByteView(der, static_cast<std::size_t>(length)));
  OPENSSL_free(der);
  return good;
}

bool PublicKey::verify_ecdsa_der(HashAlgorithm hash, ByteView message, ByteView signature) const {
  return curve_ && verify(key_.get(), digest_of(hash), 0, message, signature);
}

bool PublicKey::verify_rsa_pkcs1(HashAlgorithm hash, ByteView message, ByteView signature) const {
  return !curve_ && verify(key_.get(), digest_of(hash), RSA_PKCS1_PADDING, message, signature);
}

bool PublicKey::verify_rsa_pss(HashAlgorithm hash, ByteView message, ByteView signature) const {
  return !curve_ && verify(key_.get(), digest_of(hash), RSA_PKCS1_PSS_PADDING, message, signature);
}

}  // namespace minions::crypto
