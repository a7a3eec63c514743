#include "crypto/certificate.h"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace minions::crypto {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr std::size_t kShownBytes = 64;

UnixSeconds seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return std::chrono::sys_days(std::chrono::year(parts.tm_year + 1900) /
                               std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)) /
                               std::chrono::day(static_cast<unsigned>(parts.tm_mday)))
                 .time_since_epoch() /
             std::chrono::seconds(1) +
         parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec;
}

// Names come from outside: printable ASCII, at most kShownBytes of it.
std::string shown_name(const X509_NAME* name) {
  char text[256] = "";
  if (X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text) <= 0)
    X509_NAME_oneline(name, text, sizeof text);
  std::string out = text;
  if (out.size() > kShownBytes) out.resize(kShownBytes);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

using Stack = OpensslPtr<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }>;

}  // namespace

Result<Certificate> Certificate::from_padded_der(ByteView der) {
  if (der.size() > kMostBytes) return fail(ErrorCode::kTooLarge, fmt::format("certificate: {} bytes", der.size()));
  const unsigned char* at = der.data();
  std::shared_ptr<X509> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  if (certificate == nullptr) return fail(ErrorCode::kMalformed, "certificate: not one in DER: " + last_reason());
  const auto length = static_cast<std::size_t>(at - der.data());
  if (std::any_of(der.begin() + static_cast<std::ptrdiff_t>(length), der.end(), [](std::uint8_t b) { return b != 0; }))
    return fail(ErrorCode::kMalformed, "certificate: bytes after its end");
  const ByteView own = der.first(length);
  return Certificate(std::move(certificate), Bytes(own.begin(), own.end()));
}

Result<Certificate> Certificate::from_der(ByteView der) {
  MINIONS_TRY_ASSIGN(Certificate certificate, from_padded_der(der));
  if (certificate.der().size() != der.size()) return fail(ErrorCode::kMalformed, "certificate: bytes after its end");
  return certificate;
}

Result<std::vector<Certificate>> Certificate::from_pem(std::string_view pem, std::size_t limit) {
  if (pem.size() > kMostBytes * limit)
    return fail(ErrorCode::kTooLarge, fmt::format("certificates: {} bytes", pem.size()));
  if (pem.empty()) return fail(ErrorCode::kMalformed, "certificates: want at least one, found none");
  const OpensslPtr<BIO, BIO_free> bio(must(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))));
  std::vector<Certificate> out;
  for (;;) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long length = 0;
    if (PEM_read_bio(bio.get(), &name, &header, &data, &length) != 1) break;
    const bool is_certificate = std::string_view(name) == "CERTIFICATE";
    const Bytes der(data, data + length);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    if (!is_certificate) return fail(ErrorCode::kMalformed, "certificates: a PEM block that is no CERTIFICATE");
    if (out.size() == limit) return fail(ErrorCode::kTooLarge, fmt::format("certificates: over {}", limit));
    MINIONS_TRY_ASSIGN(Certificate certificate, from_der(der));
    out.push_back(std::move(certificate));
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!ended || out.empty()) return fail(ErrorCode::kMalformed, "certificates: not CERTIFICATE blocks in PEM");
  return out;
}

Digest32 Certificate::sha256() const { return crypto::sha256(der_); }
std::string Certificate::subject_name() const { return shown_name(X509_get_subject_name(certificate_.get())); }
std::string Certificate::issuer_name() const { return shown_name(X509_get_issuer_name(certificate_.get())); }
UnixSeconds Certificate::not_before() const { return seconds_of(X509_get0_notBefore(certificate_.get())); }
UnixSeconds Certificate::not_after() const { return seconds_of(X509_get0_notAfter(certificate_.get())); }

Bytes Certificate::serial() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate_.get());
  const unsigned char* data = ASN1_STRING_get0_data(serial);
  return {data, data + ASN1_STRING_length(serial)};
}

Digest32 Certificate::spki_sha256() const {
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate_.get()), &der);
  if (length <= 0) openssl_failed();
  const Digest32 digest = crypto::sha256({der, static_cast<std::size_t>(length)});
  OPENSSL_free(der);
  return digest;
}

Result<PublicKey> Certificate::public_key() const {
  EVP_PKEY* key = X509_get0_pubkey(certificate_.get());
  if (key == nullptr)
    return fail(ErrorCode::kMalformed, "certificate: no public key that can be read: " + last_reason());
  must(EVP_PKEY_up_ref(key));
  return PublicKey::from_key(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

std::optional<Bytes> Certificate::extension(const std::string& oid) const {
  const OpensslPtr<ASN1_OBJECT, ASN1_OBJECT_free> object(must(OBJ_txt2obj(oid.c_str(), 1)));
  const int at = X509_get_ext_by_OBJ(certificate_.get(), object.get(), -1);
  if (at < 0 || X509_get_ext_by_OBJ(certificate_.get(), object.get(), at) >= 0) return std::nullopt;
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_get_ext(certificate_.get(), at));
  const unsigned char* data = ASN1_STRING_get0_data(value);
  return Bytes(data, data + ASN1_STRING_length(value));
}

Result<std::vector<Certificate>> verify_path(const Certificate& leaf, std::span<const Certificate> others,
                                             const PathRules& rules) {
  const OpensslPtr<X509_STORE, X509_STORE_free> store(must(X509_STORE_new()));
  const Stack untrusted(must(sk_X509_new_null()));
  bool any_root = false;
  for (const Certificate& other : others) {
    const bool is_root = std::find(rules.roots.begin(), rules.roots.end(), other.sha256()) != rules.roots.end();
    any_root = any_root || is_root;
    if (is_root) {
      must(X509_STORE_add_cert(store.get(), other.certificate_.get()));
    } else {
      must(sk_X509_push(untrusted.get(), other.certificate_.get()) > 0 ? 1 : 0);
    }
  }
  if (!any_root) return fail(ErrorCode::kTampered, "no certificate of the chain is a pinned root");
  const OpensslPtr<X509_STORE_CTX, X509_STORE_CTX_free> context(must(X509_STORE_CTX_new()));
  must(X509_STORE_CTX_init(context.get(), store.get(), leaf.certificate_.get(), untrusted.get()));
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(rules.now));
  X509_VERIFY_PARAM_set_auth_level(parameters, 2);  // 112 bits: no SHA-1, no RSA under 2048
  // A pinned certificate ends the path even if another has issued it.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!good) {
    const X509* at = X509_STORE_CTX_get_current_cert(context.get());
    return fail(ErrorCode::kTampered,
                fmt::format("{}: {}", at != nullptr ? shown_name(X509_get_subject_name(at)) : leaf.subject_name(),
                            X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))));
  }
  std::vector<Certificate> path;
  STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    // Of those that were given: the stack and the store hold references to them.
    const X509* const certificate = sk_X509_value(chain, i);
    const auto given = std::find_if(others.begin(), others.end(),
                                    [&](const Certificate& other) { return other.certificate_.get() == certificate; });
    path.push_back(given == others.end() ? leaf : *given);
  }
  return path;
}

Result<RevocationList> RevocationList::from_der(ByteView der) {
  constexpr std::size_t kMostListBytes = 4 * 1024 * 1024;
  if (der.size() > kMostListBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("revocation list: {} bytes", der.size()));
  const unsigned char* at = der.data();
  std::shared_ptr<X509_CRL> list(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())), X509_CRL_free);
  if (list == nullptr) return fail(ErrorCode::kMalformed, "revocation list: not one in DER: " + last_reason());
  if (at != der.data() + der.size()) return fail(ErrorCode::kMalformed, "revocation list: bytes after its end");
  return RevocationList(std::move(list));
}

std::string RevocationList::issuer_name() const { return shown_name(X509_CRL_get_issuer(list_.get())); }
UnixSeconds RevocationList::this_update() const { return seconds_of(X509_CRL_get0_lastUpdate(list_.get())); }
UnixSeconds RevocationList::next_update() const { return seconds_of(X509_CRL_get0_nextUpdate(list_.get())); }

bool RevocationList::signed_by(const Certificate& issuer) const {
  X509* const certificate = issuer.certificate_.get();
  const bool good = X509_NAME_cmp(X509_CRL_get_issuer(list_.get()), X509_get_subject_name(certificate)) == 0 &&
                    X509_get0_pubkey(certificate) != nullptr &&
                    X509_CRL_verify(list_.get(), X509_get0_pubkey(certificate)) == 1;
  ERR_clear_error();
  return good;
}

bool RevocationList::same_issuer_as(const Certificate& certificate) const {
  return X509_NAME_cmp(X509_CRL_get_issuer(list_.get()), X509_get_issuer_name(certificate.certificate_.get())) == 0;
}

bool RevocationList::lists(const Certificate& certificate) const {
  X509_REVOKED* entry = nullptr;
  return X509_CRL_get0_by_cert(list_.get(), &entry, certificate.certificate_.get()) != 0;
}

}  // namespace minions::crypto
