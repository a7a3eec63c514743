#include "attestation/synthetic_intel_ca.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/hash.h"

namespace minions::attestation::tdx {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <class T, auto kFree>
using Owned = std::unique_ptr<T, Free<kFree>>;
using X509Ptr = Owned<X509, X509_free>;

void need(bool fine) {
  if (!fine) throw std::runtime_error("synthetic tdx evidence");
}

void set_name(X509_NAME* name, const std::string& text) {
  need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.c_str()), -1,
                                  -1, 0) == 1);
}

void add_extension(X509* certificate, const std::string& oid, ByteView der) {
  const Owned<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(oid.c_str(), 1));
  const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(value.get(), der.data(), static_cast<int>(der.size()));
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, value.get()));
  need(X509_add_ext(certificate, extension.get(), -1) == 1);
}

void add_constraints(X509* certificate, bool is_ca) {
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE"));
  need(X509_add_ext(certificate, extension.get(), -1) == 1);
}

X509Ptr issue(const CertificateParts& parts, const SigningKey& key, const std::string& issuer,
              const SigningKey& issuer_key) {
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), parts.serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), parts.not_before);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), parts.not_after);
  X509_set_pubkey(certificate.get(), key.get());
  set_name(X509_get_subject_name(certificate.get()), parts.name);
  set_name(X509_get_issuer_name(certificate.get()), issuer);
  add_constraints(certificate.get(), parts.is_ca);
  for (const auto& [oid, der] : parts.extensions) add_extension(certificate.get(), oid, der);
  need(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0);
  return certificate;
}

std::string pem_of(X509* certificate) {
  const Owned<BIO, BIO_free> bio(BIO_new(BIO_s_mem()));
  need(PEM_write_bio_X509(bio.get(), certificate) == 1);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

Digest32 digest_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509(certificate, &der);
  const Digest32 digest = crypto::sha256(ByteView(der, static_cast<std::size_t>(length)));
  OPENSSL_free(der);
  return digest;
}

}  // namespace

SigningKey::SigningKey() : key_(EVP_EC_gen("P-256"), EVP_PKEY_free) { need(key_ != nullptr); }

Bytes SigningKey::sign(ByteView message) const {
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  need(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  Bytes der(80);
  std::size_t length = der.size();
  need(EVP_DigestSign(context.get(), der.data(), &length, message.data(), message.size()) == 1);
  const unsigned char* at = der.data();
  const Owned<ECDSA_SIG, ECDSA_SIG_free> parts(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length)));
  Bytes out(64);
  need(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), out.data(), 32) == 32);
  need(BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), out.data() + 32, 32) == 32);
  return out;
}

Bytes SigningKey::point() const {
  unsigned char* encoded = nullptr;
  const std::size_t length = EVP_PKEY_get1_encoded_public_key(key_.get(), &encoded);
  need(length == 65);
  Bytes out(encoded + 1, encoded + length);
  OPENSSL_free(encoded);
  return out;
}

crypto::PublicKey SigningKey::public_key() const {
  return crypto::PublicKey::from_point(crypto::Curve::kP256, point()).value();
}

IssuedCertificate certify(const CertificateParts& parts, const SigningKey& key, const std::string& issuer,
                          const SigningKey& issuer_key) {
  const X509Ptr certificate = issue(parts, key, issuer, issuer_key);
  return {.pem = pem_of(certificate.get()), .sha256 = digest_of(certificate.get())};
}

Bytes revocation_list(const CrlParts& parts, const std::string& issuer, const SigningKey& key) {
  const Owned<X509_CRL, X509_CRL_free> list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  const Owned<X509_NAME, X509_NAME_free> name(X509_NAME_new());
  set_name(name.get(), issuer);
  X509_CRL_set_issuer_name(list.get(), name.get());
  const Owned<ASN1_TIME, ASN1_TIME_free> from(ASN1_TIME_set(nullptr, parts.this_update));
  const Owned<ASN1_TIME, ASN1_TIME_free> until(ASN1_TIME_set(nullptr, parts.next_update));
  X509_CRL_set1_lastUpdate(list.get(), from.get());
  if (parts.next_update != 0) X509_CRL_set1_nextUpdate(list.get(), until.get());
  for (const unsigned serial : parts.serials) {
    const Owned<ASN1_INTEGER, ASN1_INTEGER_free> number(ASN1_INTEGER_new());
    ASN1_INTEGER_set_uint64(number.get(), serial);
    X509_REVOKED* entry = X509_REVOKED_new();  // the list owns it
    X509_REVOKED_set_serialNumber(entry, number.get());
    X509_REVOKED_set_revocationDate(entry, from.get());
    need(X509_CRL_add0_revoked(list.get(), entry) == 1);
  }
  need(X509_CRL_sign(list.get(), key.get(), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int length = i2d_X509_CRL(list.get(), &der);
  Bytes out(der, der + length);
  OPENSSL_free(der);
  return out;
}

}  // namespace minions::attestation::tdx
