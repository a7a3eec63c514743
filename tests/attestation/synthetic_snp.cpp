#include "attestation/synthetic_snp.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "attestation/azure/paravisor.h"
#include "base/byte_io.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::attestation::synthetic_snp {
namespace {

using crypto::HashAlgorithm;

void must(bool good) {
  if (!good) throw std::runtime_error("openssl");
}

const EVP_MD* md_of(HashAlgorithm hash) {
  switch (hash) {
    case HashAlgorithm::kSha256: return EVP_sha256();
    case HashAlgorithm::kSha384: return EVP_sha384();
    case HashAlgorithm::kSha512: return EVP_sha512();
  }
  return nullptr;
}

Bytes sign(EVP_PKEY* key, HashAlgorithm hash, int padding, ByteView message) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* key_context = nullptr;
  must(EVP_DigestSignInit(context.get(), &key_context, md_of(hash), nullptr, key) == 1);
  if (padding != 0) must(EVP_PKEY_CTX_set_rsa_padding(key_context, padding) == 1);
  if (padding == RSA_PKCS1_PSS_PADDING)
    must(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) == 1);
  std::size_t length = 0;
  must(EVP_DigestSign(context.get(), nullptr, &length, message.data(), message.size()) == 1);
  Bytes signature(length);
  must(EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()) == 1);
  signature.resize(length);
  return signature;
}

std::shared_ptr<X509_NAME> name_of(const std::string& common_name) {
  std::shared_ptr<X509_NAME> name(X509_NAME_new(), X509_NAME_free);
  must(X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_ASC,
                                  reinterpret_cast<const unsigned char*>(common_name.data()),
                                  static_cast<int>(common_name.size()), -1, 0) == 1);
  return name;
}

void add_extension(X509* certificate, const std::string& oid, bool critical, ByteView value) {
  const std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)> object(OBJ_txt2obj(oid.c_str(), 1), ASN1_OBJECT_free);
  const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> octets(ASN1_OCTET_STRING_new(),
                                                                                     ASN1_OCTET_STRING_free);
  must(ASN1_OCTET_STRING_set(octets.get(), value.data(), static_cast<int>(value.size())) == 1);
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, object.get(), critical ? 1 : 0, octets.get());
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

template <class T>
Bytes der_of(T* object, int (*encode)(const T*, unsigned char**)) {
  unsigned char* der = nullptr;
  const int length = encode(object, &der);
  must(length > 0);
  Bytes bytes(der, der + length);
  OPENSSL_free(der);
  return bytes;
}

Bytes tagged_der(std::uint8_t tag, ByteView contents) {
  Bytes der = {tag, static_cast<std::uint8_t>(contents.size())};  // below 128 bytes
  append(der, contents);
  return der;
}

Extensions default_extensions(SnpProduct product, SnpReport::SigningKey kind, const SnpTcb& tcb, ByteView hwid) {
  const bool turin = product == SnpProduct::kTurin;
  Extensions extensions = {{kAmdOid + "1", integer(turin ? 1 : 0)},
                           {kAmdOid + "2", ia5_string(product == SnpProduct::kMilan ? "Milan-B0" : name_of(product))}};
  const std::vector<std::string> places = turin ? std::vector<std::string>{"9", "1", "2", "3", "5", "6", "7", "8"}
                                                : std::vector<std::string>{"1", "2", "4", "5", "6", "7", "3", "8"};
  for (std::size_t i = 0; i < places.size(); ++i) extensions[kAmdOid + "3." + places[i]] = integer(tcb[i]);
  if (kind == SnpReport::SigningKey::kVcek) {
    extensions[kAmdOid + "4"] = to_bytes(hwid);
  } else {
    extensions[kAmdOid + "5"] = ia5_string("CN=cloud.example");
  }
  return extensions;
}

}  // namespace

SigningKey SigningKey::p256() { return SigningKey({EVP_EC_gen("P-256"), EVP_PKEY_free}); }
SigningKey SigningKey::p384() { return SigningKey({EVP_EC_gen("P-384"), EVP_PKEY_free}); }
SigningKey SigningKey::new_rsa() { return SigningKey({EVP_RSA_gen(2048), EVP_PKEY_free}); }
SigningKey SigningKey::rsa() {
  static const SigningKey key = new_rsa();
  return key;
}

crypto::PublicKey SigningKey::public_key() const {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key_.get(), &der);
  must(length > 0);
  auto key = crypto::PublicKey::from_spki(ByteView(der, static_cast<std::size_t>(length)));
  OPENSSL_free(der);
  return std::move(key).value();
}

Bytes SigningKey::sign_ecdsa(HashAlgorithm hash, ByteView message) const {
  const Bytes der = sign(key_.get(), hash, 0, message);
  const unsigned char* at = der.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parts(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
  const int half = EVP_PKEY_get_bits(key_.get()) / 8;
  Bytes r_s(static_cast<std::size_t>(2 * half));
  must(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), r_s.data(), half) == half);
  must(BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), r_s.data() + half, half) == half);
  return r_s;
}

Bytes SigningKey::sign_rsa_pkcs1(HashAlgorithm hash, ByteView message) const {
  return sign(key_.get(), hash, RSA_PKCS1_PADDING, message);
}
Bytes SigningKey::sign_rsa_pss(HashAlgorithm hash, ByteView message) const {
  return sign(key_.get(), hash, RSA_PKCS1_PSS_PADDING, message);
}

crypto::Certificate CertificateSpec::make() const {
  const std::shared_ptr<X509> certificate(X509_new(), X509_free);
  must(X509_set_version(certificate.get(), 2) == 1);
  must(ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial) == 1);
  must(X509_set_subject_name(certificate.get(), name_of(subject).get()) == 1);
  must(X509_set_issuer_name(certificate.get(), name_of(issuer).get()) == 1);
  must(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), not_before) != nullptr);
  must(ASN1_TIME_set(X509_getm_notAfter(certificate.get()), not_after) != nullptr);
  must(X509_set_pubkey(certificate.get(), key.get()) == 1);
  const Bytes is_ca = {0x30, 0x03, 0x01, 0x01, 0xFF};
  if (ca) add_extension(certificate.get(), "2.5.29.19", true, is_ca);
  for (const auto& [oid, value] : extensions) add_extension(certificate.get(), oid, false, value);
  must(X509_sign(certificate.get(), signer.get(), EVP_sha384()) > 0);
  return crypto::Certificate::from_der(der_of<X509>(certificate.get(), i2d_X509)).value();
}

Bytes RevocationSpec::der() const {
  const std::shared_ptr<X509_CRL> list(X509_CRL_new(), X509_CRL_free);
  must(X509_CRL_set_version(list.get(), 1) == 1);
  must(X509_CRL_set_issuer_name(list.get(), name_of(issuer).get()) == 1);
  const std::shared_ptr<ASN1_TIME> from(ASN1_TIME_set(nullptr, this_update), ASN1_TIME_free);
  const std::shared_ptr<ASN1_TIME> until(ASN1_TIME_set(nullptr, next_update), ASN1_TIME_free);
  must(X509_CRL_set1_lastUpdate(list.get(), from.get()) == 1 && X509_CRL_set1_nextUpdate(list.get(), until.get()) == 1);
  for (const long serial : serials) {
    X509_REVOKED* entry = X509_REVOKED_new();
    const std::shared_ptr<ASN1_INTEGER> number(ASN1_INTEGER_new(), ASN1_INTEGER_free);
    must(ASN1_INTEGER_set(number.get(), serial) == 1 && X509_REVOKED_set_serialNumber(entry, number.get()) == 1);
    must(X509_REVOKED_set_revocationDate(entry, from.get()) == 1 && X509_CRL_add0_revoked(list.get(), entry) == 1);
  }
  must(X509_CRL_sign(list.get(), signer.get(), EVP_sha384()) > 0);
  return der_of<X509_CRL>(list.get(), i2d_X509_CRL);
}

crypto::RevocationList RevocationSpec::make() const { return crypto::RevocationList::from_der(der()).value(); }

Bytes integer(std::uint64_t value) {
  Bytes magnitude;
  for (; value != 0; value >>= 8) magnitude.insert(magnitude.begin(), static_cast<std::uint8_t>(value));
  if (magnitude.empty() || magnitude[0] >= 0x80) magnitude.insert(magnitude.begin(), 0);
  return tagged_der(0x02, magnitude);
}
Bytes ia5_string(std::string_view text) { return tagged_der(0x16, as_bytes(text)); }
Bytes octet_string(ByteView bytes) { return tagged_der(0x04, bytes); }

Platform::Platform(SnpProduct line, SnpReport::SigningKey kind)
    : ark{.subject = fmt::format("ARK-{}", name_of(line)),
          .issuer = fmt::format("ARK-{}", name_of(line)),
          .key = SigningKey::p384(),
          .signer = SigningKey::p384(),
          .serial = 1,
          .ca = true},
      ask(ark),
      leaf(ark),
      report(SnpReport::kSize) {
  const bool vlek = kind == SnpReport::SigningKey::kVlek;
  const bool turin = line == SnpProduct::kTurin;
  const SnpTcb tcb = turin ? SnpTcb{1, 2, 3, 4, 0, 0, 0, 200} : SnpTcb{4, 1, 0, 0, 0, 0, 24, 219};
  const Bytes hwid(turin ? 8 : 64, 0x5C);
  ark.signer = ark.key;
  ask.subject = fmt::format("SEV-{}{}", vlek ? "VLEK-" : "", name_of(line));
  ask.key = SigningKey::p384();
  ask.signer = ark.key;
  ask.serial = 2;
  leaf.subject = vlek ? "SEV-VLEK" : "SEV-VCEK";
  leaf.issuer = ask.subject;
  leaf.key = SigningKey::p384();
  leaf.signer = ask.key;
  leaf.serial = 3;
  leaf.ca = false;
  leaf.extensions = default_extensions(line, kind, tcb, hwid);

  set<std::uint32_t>(0x00, 3);
  set<std::uint64_t>(0x08, 0x30000);
  set<std::uint32_t>(0x34, 1);
  set<std::uint32_t>(0x48, vlek ? 1U << 2 : 0);
  put(0x50, Bytes(64, 0xDA));
  put(0x90, Bytes(48, 0x3E));
  put(0xC0, Bytes(32, 0x40));
  put(0xE0, Bytes(48, 0x1D));
  for (const std::size_t offset : {0x38U, 0x180U, 0x1E0U, 0x1F0U}) put(offset, tcb);
  put(0x188, line == SnpProduct::kMilan   ? Bytes{0x19, 0x01, 1}
             : line == SnpProduct::kGenoa ? Bytes{0x19, 0x11, 1}
                                          : Bytes{0x1A, 0x02, 1});
  if (!vlek) put(0x1A0, hwid);
}

std::vector<crypto::Certificate> Platform::certificates() const { return {leaf.make(), ask.make(), ark.make()}; }

std::vector<Digest32> root_of(const std::vector<crypto::Certificate>& certificates) {
  return {certificates.back().sha256()};
}

Bytes Platform::signed_report() const {
  Bytes out = report;
  const Bytes r_s = leaf.key.sign_ecdsa(HashAlgorithm::kSha384, ByteView(out).first(SnpReport::kSignedSize));
  const auto at = [&](std::size_t offset) { return out.begin() + static_cast<std::ptrdiff_t>(offset); };
  std::reverse_copy(r_s.begin(), r_s.begin() + 48, at(0x2A0));
  std::reverse_copy(r_s.begin() + 48, r_s.end(), at(0x2E8));
  return out;
}

std::string hcl_runtime(const SigningKey& attestation_key) {
  BIGNUM* n = nullptr;
  must(EVP_PKEY_get_bn_param(attestation_key.get(), OSSL_PKEY_PARAM_RSA_N, &n) == 1);
  Bytes modulus(256);
  must(BN_bn2binpad(n, modulus.data(), 256) == 256);
  BN_free(n);
  return fmt::format(R"({{"keys":[{{"kid":"HCLAkPub","key_ops":["sign"],"kty":"RSA","e":"AQAB","n":"{}"}}],)"
                     R"("vm-configuration":{{"secure-boot":true,"vmUniqueId":"X"}},"user-data":"{}"}})",
                     to_base64url(modulus), std::string(128, 'A'));
}

Bytes hcl_report_data(std::string_view runtime_json, std::uint32_t hash_type) {
  const ByteView runtime = as_bytes(runtime_json);
  Bytes digest;
  if (hash_type == 1) append(digest, crypto::sha256(runtime));
  if (hash_type == 2) append(digest, crypto::sha384({runtime}));
  if (hash_type == 3) append(digest, crypto::sha512({runtime}));
  digest.resize(64);
  return digest;
}

Bytes hcl_report(ByteView hardware_report, std::string_view runtime_json, const HclParts& parts) {
  const ByteView runtime = as_bytes(runtime_json);
  Bytes out;
  const auto u32 = [&](std::size_t value) {
    for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  append(out, "HCLA");
  for (const std::size_t value : {std::size_t{2}, 0x4C0 + 20 + runtime.size(), std::size_t{2}}) u32(value);
  out.resize(0x20);
  append(out, hardware_report);
  out.resize(0x4C0);
  for (const std::size_t value : {20 + runtime.size(), std::size_t{1}, std::size_t{parts.report_type}}) u32(value);
  u32(parts.hash_type);
  u32(runtime.size());
  append(out, runtime);
  if (out.size() < parts.size) out.resize(parts.size);
  return out;
}

Platform microsofts_platform() {
  Platform platform;
  platform.put(0xE0, azure_id_key_digests().front());
  return platform;
}

Bytes Paravisor::report() const {
  Platform own = platform;
  own.put(0x50, hcl_report_data(runtime_json, hash_type));
  return hcl_report(own.signed_report(), runtime_json, {.hash_type = hash_type, .size = size});
}

Bytes Quote::attest() const {
  Bytes out;
  const auto sized = [&](ByteView bytes) {
    append_be(out, static_cast<std::uint16_t>(bytes.size()));
    append(out, bytes);
  };
  append_be(out, std::uint32_t{0xFF544347});
  append_be(out, std::uint16_t{0x8018});
  sized(Bytes(34, 0x0B));
  sized(extra_data);
  append_be(out, std::uint64_t{123456});
  append_be(out, std::uint32_t{7});
  append_be(out, std::uint32_t{1});
  out.push_back(safe);
  append_be(out, std::uint64_t{0x2020031200120003});
  append_be(out, static_cast<std::uint32_t>(selections.size()));
  for (const auto& [bank, bitmap] : selections) {
    append_be(out, bank);
    out.push_back(static_cast<std::uint8_t>(bitmap.size()));
    append(out, bitmap);
  }
  switch (hash) {
    case HashAlgorithm::kSha256: sized(crypto::sha256(pcr_values)); break;
    case HashAlgorithm::kSha384: sized(crypto::sha384({pcr_values})); break;
    case HashAlgorithm::kSha512: sized(crypto::sha512({pcr_values})); break;
  }
  return out;
}

Bytes tagged(std::uint16_t scheme, std::uint16_t hash, ByteView value) {
  Bytes out;
  append_be(out, scheme);
  append_be(out, hash);
  append_be(out, static_cast<std::uint16_t>(value.size()));
  append(out, value);
  return out;
}

}  // namespace minions::attestation::synthetic_snp
