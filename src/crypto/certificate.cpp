#include "crypto/certificate.h"

#include <fmt/format.h>
#include <openssl/x509.h>

#include <algorithm>
#include <mutex>

#include "base/encoding.h"
#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace minions::crypto {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr std::size_t kMostListBytes = 4 * 1024 * 1024;
constexpr std::size_t kMostInFile = 10;

// Names come from outside: printable ASCII, at most 64 bytes of it.
std::string shown_name(ByteView name) {
  constexpr std::size_t kShownBytes = 64;
  std::string out = x509_common_name(name);
  if (out.size() > kShownBytes) out.resize(kShownBytes);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

// What PEM (RFC 7468) may hold: the labels of its blocks, and their names in messages.
struct PemKind {
  std::string_view label;
  std::string_view what;
};
constexpr PemKind kCertificatePem = {"CERTIFICATE", "certificates"};
constexpr PemKind kListPem = {"X509 CRL", "revocation lists"};
constexpr std::string_view kAnyBegin = "-----BEGIN ";

bool is_pem(ByteView bytes) { return as_text(bytes).find(kAnyBegin) != std::string_view::npos; }

tl::unexpected<Error> no_pem(const PemKind& kind) {
  return fail(ErrorCode::kMalformed, fmt::format("{}: not {} blocks in PEM", kind.what, kind.label));
}

// Returns the next block, and cuts it and the text before it off the front; nothing if no block begins.
Result<std::optional<Bytes>> next_block(std::string_view& pem, const PemKind& kind) {
  const std::string begin = fmt::format("-----BEGIN {}-----", kind.label);
  const std::string end = fmt::format("-----END {}-----", kind.label);
  const std::size_t at = pem.find(kAnyBegin);
  if (at == pem.npos) return std::nullopt;
  pem.remove_prefix(at);
  if (!pem.starts_with(begin))
    return fail(ErrorCode::kMalformed, fmt::format("{}: a PEM block that is no {}", kind.what, kind.label));
  pem.remove_prefix(begin.size());
  const std::size_t size = pem.find(end);
  if (size == pem.npos) return no_pem(kind);
  std::string base64(pem.substr(0, size));
  pem.remove_prefix(size + end.size());
  std::erase_if(base64, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  auto der = from_base64(base64);
  if (!der) return no_pem(kind);
  return *std::move(der);
}

struct PemLimits {
  std::size_t blocks;
  std::size_t bytes;
};

// One or more blocks, each accepted by read().
template <class T>
Result<std::vector<T>> read_blocks(std::string_view pem, const PemKind& kind, const PemLimits& limits,
                                   Result<T> (*read)(ByteView der)) {
  if (pem.size() > limits.bytes) return fail(ErrorCode::kTooLarge, fmt::format("{}: {} bytes", kind.what, pem.size()));
  if (pem.empty()) return fail(ErrorCode::kMalformed, fmt::format("{}: want at least one, found none", kind.what));
  std::vector<T> out;
  for (;;) {
    MINIONS_TRY_ASSIGN(const std::optional<Bytes> der, next_block(pem, kind));
    if (!der) break;
    if (out.size() == limits.blocks)
      return fail(ErrorCode::kTooLarge, fmt::format("{}: over {}", kind.what, limits.blocks));
    MINIONS_TRY_ASSIGN(T one, read(*der));
    out.push_back(std::move(one));
  }
  if (out.empty()) return no_pem(kind);
  return out;
}

template <class T>
Result<std::vector<T>> alone(Result<T> read) {
  if (!read) return fail(std::move(read).error());
  return std::vector<T>{*std::move(read)};
}

}  // namespace

struct Certificate::Contents {
  Bytes der;
  X509Certificate fields;  // views into der
  mutable std::once_flag key_is_read;
  mutable Result<PublicKey> key = fail(ErrorCode::kInternal, "");
  mutable std::once_flag library_has_read;
  mutable OpensslPtr<X509, X509_free> library_form;
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
  return read_blocks<Certificate>(pem, kCertificatePem, {.blocks = limit, .bytes = kMostBytes * limit}, from_der);
}

Result<std::vector<Certificate>> Certificate::read(ByteView bytes) {
  return is_pem(bytes) ? from_pem(as_text(bytes), kMostInFile) : alone(from_der(bytes));
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

x509_st* Certificate::library_form() const {
  std::call_once(contents_->library_has_read, [&] {
    const unsigned char* at = der().data();
    contents_->library_form.reset(d2i_X509(nullptr, &at, static_cast<long>(der().size())));
    if (at != der().data() + der().size()) contents_->library_form.reset();
    ERR_clear_error();
  });
  return contents_->library_form.get();
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
  if (der.size() > kMostListBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("revocation list: {} bytes", der.size()));
  const auto contents = std::make_shared<Contents>();
  contents->der = to_bytes(der);
  MINIONS_TRY_ASSIGN(contents->fields, X509RevocationList::parse(contents->der));
  return RevocationList(contents);
}

const Bytes& RevocationList::der() const { return contents_->der; }

Result<std::vector<RevocationList>> RevocationList::read(ByteView bytes) {
  if (!is_pem(bytes)) return alone(from_der(bytes));
  return read_blocks<RevocationList>(as_text(bytes), kListPem, {.blocks = kMostInFile, .bytes = 2 * kMostListBytes},
                                     from_der);
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
