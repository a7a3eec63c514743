#include "net/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace minions::net {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;

void need(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("test certificate: ") + what);
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  need(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

Certificate self_signed(EVP_PKEY* key, const std::string& name, const TestCertificate::Making& making) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), making.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), making.valid_until_s);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), subject);
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate.get(), NID_subject_alt_name, "DNS:" + name + ",IP:127.0.0.1");
  if (making.purpose != nullptr) add_extension(certificate.get(), NID_ext_key_usage, making.purpose);
  need(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "signature");
  return certificate;
}

}  // namespace

TestCertificate::TestCertificate(const std::string& name) : name_(name) {
  std::string pattern = std::filesystem::temp_directory_path() / "minions-net-test-XXXXXX";
  need(mkdtemp(pattern.data()) != nullptr, "directory");
  directory_ = pattern;
  renew();
}

TestCertificate::~TestCertificate() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void TestCertificate::renew(const Making& making) {
  const Key key(EVP_EC_gen(making.curve));
  need(key != nullptr, "key");
  const Certificate certificate = self_signed(key.get(), name_, making);
  const File certificate_out(std::fopen(certificate_file().c_str(), "w"));
  const File key_out(std::fopen(key_file().c_str(), "w"));
  need(certificate_out && key_out && PEM_write_X509(certificate_out.get(), certificate.get()) == 1 &&
           PEM_write_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "files");
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  need(size > 0, "public key");
  SHA256(der, static_cast<std::size_t>(size), spki_sha256_.data());
  OPENSSL_free(der);
}

}  // namespace minions::net
