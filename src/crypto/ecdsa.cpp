#include "crypto/ecdsa.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/hash.h"
#include "crypto/openssl.h"
#include "crypto/public_key.h"

namespace minions::crypto {
namespace {

using Bio = OpensslPtr<BIO, BIO_free>;

// OpenSSL rejects a null pointer, which an empty view may have.
Bio reading(std::string_view text) {
  return Bio(must(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size()))));
}

std::string written(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(length)};
}

bool is_p384(EVP_PKEY* key) {
  char group[32] = "";
  std::size_t length = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1 &&
         std::string_view(group, length) == "secp384r1";
}

Result<Bytes> der_in(std::string_view pem) {
  const Bio bio = reading(pem);
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long length = 0;
  if (PEM_read_bio(bio.get(), &name, &header, &data, &length) != 1)
    return fail(ErrorCode::kMalformed, "attestation key: not a public key in PEM: " + last_reason());
  Bytes der(data, data + length);
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return der;
}

// An encrypted key is an error here, never a prompt on the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

Result<P384PublicKey> P384PublicKey::from_key(std::shared_ptr<evp_pkey_st> key) {
  if (!is_p384(key.get())) return fail(ErrorCode::kMalformed, "attestation key: want an EC key on curve P-384");
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key.get(), &der);
  if (length <= 0) return fail(ErrorCode::kMalformed, "attestation key: cannot be encoded: " + last_reason());
  P384PublicKey out;
  out.spki_.assign(der, der + length);
  OPENSSL_free(der);
  out.key_ = std::move(key);
  return out;
}

Result<P384PublicKey> P384PublicKey::from_pem(std::string_view pem) {
  constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
  const std::size_t end = pem.find(kEnd);
  const bool alone = pem.starts_with("-----BEGIN PUBLIC KEY-----") && end != std::string_view::npos &&
                     pem.find_first_not_of(" \t\r\n", end + kEnd.size()) == std::string_view::npos;
  if (!alone) return fail(ErrorCode::kMalformed, "attestation key: want one PEM block PUBLIC KEY and nothing else");
  // Keeps the DER as it came: encoding the key again would cost a third of a signature check. A key with another
  // encoding has another digest, and counts as another key to anyone who pins it.
  MINIONS_TRY_ASSIGN(Bytes der, der_in(pem));
  auto key = PublicKey::from_spki(der);
  if (!key) return fail(std::move(key).error().in("attestation key"));
  if (key->curve() != Curve::kP384)
    return fail(ErrorCode::kMalformed, "attestation key: want an EC key on curve P-384");
  P384PublicKey out;
  out.key_ = std::move(key->key_);
  out.spki_ = std::move(der);
  return out;
}

std::string P384PublicKey::to_pem() const {
  const Bio bio(must(BIO_new(BIO_s_mem())));
  must(PEM_write_bio_PUBKEY(bio.get(), key_.get()));
  return written(bio.get());
}

Digest32 P384PublicKey::spki_sha256() const { return sha256(spki_); }

bool P384PublicKey::verify(ByteView message, ByteView signature) const {
  const OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free> context(must(EVP_MD_CTX_new()));
  must(EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA384", nullptr, nullptr, key_.get(), nullptr));
  const bool good =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  return good;
}

P384PrivateKey P384PrivateKey::generate() {
  P384PrivateKey out;
  out.key_ = std::shared_ptr<EVP_PKEY>(must(EVP_EC_gen("P-384")), EVP_PKEY_free);
  out.public_ = P384PublicKey::from_key(out.key_).value();
  return out;
}

Result<P384PrivateKey> P384PrivateKey::from_pem(std::string_view pem) {
  const Bio bio = reading(pem);
  P384PrivateKey out;
  out.key_ =
      std::shared_ptr<EVP_PKEY>(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr), EVP_PKEY_free);
  if (out.key_ == nullptr)
    return fail(ErrorCode::kMalformed, "attestation key: not an unencrypted private key in PEM: " + last_reason());
  MINIONS_TRY_ASSIGN(out.public_, P384PublicKey::from_key(out.key_));
  return out;
}

std::string P384PrivateKey::to_pem() const {
  const Bio bio(must(BIO_new(BIO_s_secmem())));
  must(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr));
  return written(bio.get());
}

Bytes P384PrivateKey::sign(ByteView message) const {
  const OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free> context(must(EVP_MD_CTX_new()));
  must(EVP_DigestSignInit_ex(context.get(), nullptr, "SHA384", nullptr, nullptr, key_.get(), nullptr));
  std::size_t length = 0;
  must(EVP_DigestSign(context.get(), nullptr, &length, message.data(), message.size()));
  Bytes signature(length);
  must(EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()));
  signature.resize(length);
  return signature;
}

}  // namespace minions::crypto
