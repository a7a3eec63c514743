#include "crypto/certificate.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/encoding.h"
#include "crypto/der.h"
#include "crypto/hash.h"

namespace minions::crypto {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;

// Names come from outside: printable ASCII, at most 64 bytes of it.
std::string shown_name(ByteView name) {
  constexpr std::size_t kShownBytes = 64;
  std::string out = x509_common_name(name);
  if (out.size() > kShownBytes) out.resize(kShownBytes);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

tl::unexpected<Error> no_pem() { return fail(ErrorCode::kMalformed, "certificates: not CERTIFICATE blocks in PEM"); }

// The next block of PEM (RFC 7468), which is cut off the front with what stands before it; nothing where none begins.
Result<std::optional<Bytes>> next_block(std::string_view& pem) {
  constexpr std::string_view kAnyBegin = "-----BEGIN ";
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  const std::size_t begin = pem.find(kAnyBegin);
  if (begin == pem.npos) return std::nullopt;
  pem.remove_prefix(begin);
  if (!pem.starts_with(kBegin)) return fail(ErrorCode::kMalformed, "certificates: a PEM block that is no CERTIFICATE");
  pem.remove_prefix(kBegin.size());
  const std::size_t end = pem.find(kEnd);
  if (end == pem.npos) return no_pem();
  std::string base64(pem.substr(0, end));
  pem.remove_prefix(end + kEnd.size());
  std::erase_if(base64, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  auto der = from_base64(base64);
  if (!der) return no_pem();
  return *std::move(der);
}

}  // namespace

struct Certificate::Contents {
  Bytes der;
  X509Certificate fields;  // views into der
  mutable std::once_flag key_is_read;
  mutable Result<PublicKey> key = fail(ErrorCode::kInternal, "");
};

struct RevocationList::Contents {
  Bytes der;
  X509RevocationList fields;  // views into der
};

Result<Certificate> Certificate::from_der(ByteView der) {
  if (der.size() > kMostBytes) return fail(ErrorCode::kTooLarge, fmt::format("certificate: {} bytes", der.size()));
  const auto contents = std::make_shared<Contents>();
  contents->der = to_bytes(der);
  MINIONS_TRY_ASSIGN(contents->fields, X509Certificate::parse(contents->der));
  return Certificate(contents);
}

Result<Certificate> Certificate::from_padded_der(ByteView der) {
  if (der.size() > kMostBytes) return fail(ErrorCode::kTooLarge, fmt::format("certificate: {} bytes", der.size()));
  DerReader reader(der);
  MINIONS_TRY_ASSIGN(const ByteView own, reader.take_encoded(der_tag::kSequence, "certificate"));
  const ByteView padding = der.subspan(own.size());
  if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte != 0; }))
    return fail(ErrorCode::kMalformed, "certificate: bytes after its end");
  return from_der(own);
}

Result<std::vector<Certificate>> Certificate::from_pem(std::string_view pem, std::size_t limit) {
  if (pem.size() > kMostBytes * limit)
    return fail(ErrorCode::kTooLarge, fmt::format("certificates: {} bytes", pem.size()));
  if (pem.empty()) return fail(ErrorCode::kMalformed, "certificates: want at least one, found none");
  std::vector<Certificate> out;
  for (;;) {
    MINIONS_TRY_ASSIGN(const std::optional<Bytes> der, next_block(pem));
    if (!der) break;
    if (out.size() == limit) return fail(ErrorCode::kTooLarge, fmt::format("certificates: over {}", limit));
    MINIONS_TRY_ASSIGN(Certificate certificate, from_der(*der));
    out.push_back(std::move(certificate));
  }
  if (out.empty()) return no_pem();
  return out;
}

const Bytes& Certificate::der() const { return contents_->der; }
const X509Certificate& Certificate::fields() const { return contents_->fields; }
Digest32 Certificate::sha256() const { return crypto::sha256(der()); }
std::string Certificate::subject_name() const { return shown_name(fields().subject); }
std::string Certificate::issuer_name() const { return shown_name(fields().issuer); }
Bytes Certificate::serial() const { return to_bytes(fields().serial); }
UnixSeconds Certificate::not_before() const { return fields().not_before; }
UnixSeconds Certificate::not_after() const { return fields().not_after; }
Digest32 Certificate::spki_sha256() const { return crypto::sha256(fields().spki); }

const Result<PublicKey>& Certificate::public_key() const {
  std::call_once(contents_->key_is_read, [&] { contents_->key = PublicKey::from_spki(fields().spki); });
  return contents_->key;
}

std::optional<Bytes> Certificate::extension(const std::string& oid) const {
  const Bytes wanted = object_identifier_bytes(oid);
  const auto is_wanted = [&](const X509Extension& extension) { return equal(extension.oid, wanted); };
  const auto& extensions = fields().extensions;
  const auto found = std::find_if(extensions.begin(), extensions.end(), is_wanted);
  if (found == extensions.end() || std::any_of(found + 1, extensions.end(), is_wanted)) return std::nullopt;
  return to_bytes(found->value);
}

Result<RevocationList> RevocationList::from_der(ByteView der) {
  constexpr std::size_t kMostListBytes = 4 * 1024 * 1024;
  if (der.size() > kMostListBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("revocation list: {} bytes", der.size()));
  const auto contents = std::make_shared<Contents>();
  contents->der = to_bytes(der);
  MINIONS_TRY_ASSIGN(contents->fields, X509RevocationList::parse(contents->der));
  return RevocationList(contents);
}

std::string RevocationList::issuer_name() const { return shown_name(contents_->fields.issuer); }
UnixSeconds RevocationList::this_update() const { return contents_->fields.this_update; }
UnixSeconds RevocationList::next_update() const { return contents_->fields.next_update; }

bool RevocationList::signed_by(const Certificate& issuer) const {
  const auto extensions = X509PathExtensions::parse(issuer.fields());
  const auto& key = issuer.public_key();
  return extensions && extensions->allows(X509PathExtensions::kCrlSign) && key &&
         equal(contents_->fields.issuer, issuer.fields().subject) &&
         verify_signature(contents_->fields.is_signed, *key);
}

bool RevocationList::same_issuer_as(const Certificate& certificate) const {
  return equal(contents_->fields.issuer, certificate.fields().issuer);
}

bool RevocationList::lists(const Certificate& certificate) const {
  const auto& serials = contents_->fields.serials;
  return same_issuer_as(certificate) && std::any_of(serials.begin(), serials.end(), [&](ByteView serial) {
           return equal(serial, certificate.fields().serial);
         });
}

}  // namespace minions::crypto
