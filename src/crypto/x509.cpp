#include "crypto/x509.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "crypto/der.h"

namespace minions::crypto {
namespace {

constexpr std::uint64_t kVersion3 = 2;  // of a certificate
constexpr std::uint64_t kVersion2 = 1;  // of a list
constexpr std::size_t kMostSerialBytes = 20;
constexpr std::size_t kMostExtensions = 64;
constexpr std::uint64_t kMostPathLength = 255;

constexpr std::array<std::uint8_t, 3> kCommonNameOid = {0x55, 0x04, 0x03};  // 2.5.4.3

tl::unexpected<Error> malformed(std::string_view field, std::string_view what) {
  return fail(ErrorCode::kMalformed, std::string(field).append(": ").append(what));
}

// SEQUENCE { OBJECT IDENTIFIER, parameters }. The parameters of the supported algorithms are absent, NULL, one OBJECT
// IDENTIFIER or a SEQUENCE.
Result<ByteView> take_algorithm(DerReader& from, std::string_view field) {
  MINIONS_TRY_ASSIGN(const ByteView encoded, from.take_encoded(der_tag::kSequence, field));
  DerReader outer(encoded);
  MINIONS_TRY_ASSIGN(DerReader fields, outer.enter(der_tag::kSequence, field));
  MINIONS_TRY_ASSIGN(const ByteView oid, fields.take(der_tag::kObjectIdentifier, field));
  bool good = is_object_identifier(oid);
  if (!fields.at_end()) {
    MINIONS_TRY_ASSIGN(const DerReader::Value parameters, fields.next(field));
    good = good &&
           (parameters.tag == der_tag::kSequence || (parameters.tag == der_tag::kNull && parameters.contents.empty()) ||
            (parameters.tag == der_tag::kObjectIdentifier && is_object_identifier(parameters.contents)));
  }
  if (!good) return malformed(field, "no AlgorithmIdentifier");
  MINIONS_TRY(fields.finish(field));
  return encoded;
}

// SubjectPublicKeyInfo.
Result<ByteView> take_key(DerReader& from) {
  constexpr std::string_view kField = "public key";
  MINIONS_TRY_ASSIGN(const ByteView encoded, from.take_encoded(der_tag::kSequence, kField));
  DerReader outer(encoded);
  MINIONS_TRY_ASSIGN(DerReader fields, outer.enter(der_tag::kSequence, kField));
  MINIONS_TRY(take_algorithm(fields, kField));
  MINIONS_TRY(fields.bit_string(kField));
  MINIONS_TRY(fields.finish(kField));
  return encoded;
}

// The whole of a signed structure: SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }.
Result<SignedBytes> parse_signed(ByteView der, std::string_view what) {
  DerReader outer(der);
  MINIONS_TRY_ASSIGN(DerReader fields, outer.enter(der_tag::kSequence, what));
  MINIONS_TRY(outer.finish(what));
  SignedBytes out;
  MINIONS_TRY_ASSIGN(out.message, fields.take_encoded(der_tag::kSequence, what));
  MINIONS_TRY_ASSIGN(out.algorithm, take_algorithm(fields, "signature algorithm"));
  MINIONS_TRY_ASSIGN(out.signature, fields.bit_string("signature"));
  MINIONS_TRY(fields.finish(what));
  return out;
}

Status read_algorithm(DerReader& fields, const SignedBytes& is_signed) {
  MINIONS_TRY_ASSIGN(const ByteView inner, fields.take_encoded(der_tag::kSequence, "signature algorithm"));
  if (equal(inner, is_signed.algorithm)) return {};
  return malformed("signature algorithm", "what is signed names another");
}

Result<ByteView> read_serial(DerReader& fields) {
  MINIONS_TRY_ASSIGN(const ByteView serial, fields.unsigned_integer("serial number"));
  if (serial.size() > kMostSerialBytes) return malformed("serial number", "over 20 bytes");
  return serial;
}

// Surrogates are not UCS-2 characters.
bool is_ucs2(ByteView text) {
  if (text.size() % 2 != 0) return false;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    if ((text[at] & 0xF8U) == 0xD8U) return false;
  }
  return true;
}

bool is_text(const DerReader::Value& value) {
  switch (value.tag) {
    case der_tag::kPrintableString:
    case der_tag::kIa5String:
    case der_tag::kTeletexString: return true;
    case der_tag::kUtf8String: return is_utf8(as_text(value.contents));
    case der_tag::kBmpString: return is_ucs2(value.contents);
    default: return false;
  }
}

// Name: SEQUENCE OF SET OF SEQUENCE { OBJECT IDENTIFIER, string }. Calls read with each identifier and its string.
template <class Read>
Status read_name(ByteView name, const Read& read) {
  DerReader outer(name);
  MINIONS_TRY_ASSIGN(DerReader sets, outer.enter(der_tag::kSequence, "name"));
  while (!sets.at_end()) {
    MINIONS_TRY_ASSIGN(DerReader set, sets.enter(der_tag::kSet, "name"));
    do {
      MINIONS_TRY_ASSIGN(DerReader part, set.enter(der_tag::kSequence, "name"));
      MINIONS_TRY_ASSIGN(const ByteView oid, part.take(der_tag::kObjectIdentifier, "name"));
      if (!is_object_identifier(oid)) return malformed("name", "an invalid OBJECT IDENTIFIER");
      MINIONS_TRY_ASSIGN(const DerReader::Value value, part.next("name"));
      if (!is_text(value)) return malformed("name", "a part that is not text");
      MINIONS_TRY(part.finish("name"));
      read(oid, value.contents);
    } while (!set.at_end());
  }
  return {};
}

Result<ByteView> take_name(DerReader& fields, std::string_view field) {
  MINIONS_TRY_ASSIGN(const ByteView name, fields.take_encoded(der_tag::kSequence, field));
  MINIONS_TRY(read_name(name, [](ByteView, ByteView) {}));
  return name;
}

Status read_validity(DerReader& fields, X509Certificate& out) {
  MINIONS_TRY_ASSIGN(DerReader validity, fields.enter(der_tag::kSequence, "validity"));
  MINIONS_TRY_ASSIGN(out.not_before, validity.time("not before"));
  MINIONS_TRY_ASSIGN(out.not_after, validity.time("not after"));
  return validity.finish("validity");
}

Result<X509Extension> read_extension(DerReader& from) {
  MINIONS_TRY_ASSIGN(DerReader fields, from.enter(der_tag::kSequence, "extension"));
  X509Extension extension;
  MINIONS_TRY_ASSIGN(extension.oid, fields.take(der_tag::kObjectIdentifier, "extension"));
  if (!is_object_identifier(extension.oid)) return malformed("extension", "an invalid OBJECT IDENTIFIER");
  MINIONS_TRY_ASSIGN(extension.critical, fields.default_false("critical"));
  MINIONS_TRY_ASSIGN(extension.value, fields.take(der_tag::kOctetString, "extension"));
  MINIONS_TRY(fields.finish("extension"));
  return extension;
}

// SEQUENCE SIZE (1..MAX) OF Extension.
template <class Take>
Status each_extension(DerReader& from, const Take& take) {
  MINIONS_TRY_ASSIGN(DerReader list, from.enter(der_tag::kSequence, "extensions"));
  for (std::size_t count = 0; count == 0 || !list.at_end(); ++count) {
    if (count == kMostExtensions) return malformed("extensions", "over 64");
    MINIONS_TRY_ASSIGN(const X509Extension extension, read_extension(list));
    take(extension);
  }
  return {};
}

// [tag] EXPLICIT.
Result<std::vector<X509Extension>> read_extensions(DerReader& fields, unsigned tag) {
  MINIONS_TRY_ASSIGN(DerReader wrapped, fields.enter(der_tag::context_constructed(tag), "extensions"));
  std::vector<X509Extension> out;
  MINIONS_TRY(each_extension(wrapped, [&](const X509Extension& extension) { out.push_back(extension); }));
  MINIONS_TRY(wrapped.finish("extensions"));
  return out;
}

Result<bool> read_version_3(DerReader& fields) {
  if (fields.peek() != der_tag::context_constructed(0)) return false;
  MINIONS_TRY_ASSIGN(DerReader version, fields.enter(der_tag::context_constructed(0), "version"));
  MINIONS_TRY_ASSIGN(const std::uint64_t number, version.integer("version"));
  MINIONS_TRY(version.finish("version"));
  if (number != kVersion3) return malformed("version", "want 1 or 3");
  return true;
}

// revokedCertificates: SEQUENCE OF SEQUENCE { serial number, time, extensions }. A listed certificate is not good,
// whatever the extensions state.
Result<std::vector<ByteView>> read_revoked(DerReader& fields) {
  MINIONS_TRY_ASSIGN(DerReader list, fields.enter(der_tag::kSequence, "revoked certificates"));
  std::vector<ByteView> serials;
  while (!list.at_end()) {
    MINIONS_TRY_ASSIGN(DerReader entry, list.enter(der_tag::kSequence, "revoked certificate"));
    MINIONS_TRY_ASSIGN(const ByteView serial, read_serial(entry));
    MINIONS_TRY(entry.time("revocation date"));
    if (!entry.at_end()) MINIONS_TRY(each_extension(entry, [](const X509Extension&) {}));
    MINIONS_TRY(entry.finish("revoked certificate"));
    serials.push_back(serial);
  }
  return serials;
}

enum class PathExtension {
  kSubjectKeyId,
  kKeyUsage,
  kBasicConstraints,
  kNameConstraints,
  kAuthorityKeyId,
  kExtendedKeyUsage
};

// 2.5.29.n.
std::optional<PathExtension> path_extension(ByteView oid) {
  if (oid.size() != 3 || oid[0] != 0x55 || oid[1] != 0x1d) return std::nullopt;
  switch (oid[2]) {
    case 14: return PathExtension::kSubjectKeyId;
    case 15: return PathExtension::kKeyUsage;
    case 19: return PathExtension::kBasicConstraints;
    case 30: return PathExtension::kNameConstraints;
    case 35: return PathExtension::kAuthorityKeyId;
    case 37: return PathExtension::kExtendedKeyUsage;
    default: return std::nullopt;
  }
}

Status read_basic_constraints(ByteView value, X509PathExtensions& out) {
  DerReader outer(value);
  MINIONS_TRY_ASSIGN(DerReader fields, outer.enter(der_tag::kSequence, "basic constraints"));
  MINIONS_TRY(outer.finish("basic constraints"));
  MINIONS_TRY_ASSIGN(out.is_ca, fields.default_false("basic constraints"));
  if (out.is_ca && !fields.at_end()) {
    MINIONS_TRY_ASSIGN(const std::uint64_t length, fields.integer("path length"));
    if (length > kMostPathLength) return malformed("path length", "over 255");
    out.path_length = length;
  }
  return fields.finish("basic constraints");
}

Status read_key_usage(ByteView value, X509PathExtensions& out) {
  DerReader reader(value);
  MINIONS_TRY_ASSIGN(const ByteView contents, reader.take(der_tag::kBitString, "key usage"));
  MINIONS_TRY(reader.finish("key usage"));
  const bool good = (contents.size() == 2 || contents.size() == 3) && contents[0] < 8 &&
                    (contents.back() & ((1U << contents[0]) - 1)) == 0 && (contents[1] != 0 || contents.back() != 0);
  if (!good) return malformed("key usage", "not 1 to 9 bits with a purpose");
  out.key_usage = contents[1];
  return {};
}

Status read_subject_key_id(ByteView value, X509PathExtensions& out) {
  DerReader reader(value);
  MINIONS_TRY_ASSIGN(out.subject_key_id, reader.take(der_tag::kOctetString, "subject key identifier"));
  return reader.finish("subject key identifier");
}

Status read_authority_key_id(ByteView value, X509PathExtensions& out) {
  DerReader outer(value);
  MINIONS_TRY_ASSIGN(DerReader fields, outer.enter(der_tag::kSequence, "authority key identifier"));
  MINIONS_TRY(outer.finish("authority key identifier"));
  if (fields.peek() == der_tag::context(0)) {
    MINIONS_TRY_ASSIGN(out.authority_key_id, fields.take(der_tag::context(0), "authority key identifier"));
  }
  return fields.finish("authority key identifier");
}

// Judged by callers that ask for a purpose.
Status check_extended_key_usage(ByteView value) {
  constexpr std::string_view kField = "extended key usage";
  DerReader outer(value);
  MINIONS_TRY_ASSIGN(DerReader purposes, outer.enter(der_tag::kSequence, kField));
  MINIONS_TRY(outer.finish(kField));
  do {
    MINIONS_TRY_ASSIGN(const ByteView purpose, purposes.take(der_tag::kObjectIdentifier, kField));
    if (!is_object_identifier(purpose)) return malformed(kField, "an invalid OBJECT IDENTIFIER");
  } while (!purposes.at_end());
  return {};
}

Status read_path_extension(PathExtension kind, ByteView value, X509PathExtensions& out) {
  switch (kind) {
    case PathExtension::kSubjectKeyId: return read_subject_key_id(value, out);
    case PathExtension::kKeyUsage: return read_key_usage(value, out);
    case PathExtension::kBasicConstraints: return read_basic_constraints(value, out);
    case PathExtension::kNameConstraints: return malformed("extension", "name constraints");
    case PathExtension::kAuthorityKeyId: return read_authority_key_id(value, out);
    case PathExtension::kExtendedKeyUsage: return check_extended_key_usage(value);
  }
  return {};
}

}  // namespace

Result<X509Certificate> X509Certificate::parse(ByteView der) {
  X509Certificate out;
  MINIONS_TRY_ASSIGN(out.is_signed, parse_signed(der, "certificate"));
  DerReader whole(out.is_signed.message);
  MINIONS_TRY_ASSIGN(DerReader fields, whole.enter(der_tag::kSequence, "certificate"));
  MINIONS_TRY_ASSIGN(const bool version_3, read_version_3(fields));
  MINIONS_TRY_ASSIGN(out.serial, read_serial(fields));
  MINIONS_TRY(read_algorithm(fields, out.is_signed));
  MINIONS_TRY_ASSIGN(out.issuer, take_name(fields, "issuer"));
  MINIONS_TRY(read_validity(fields, out));
  MINIONS_TRY_ASSIGN(out.subject, take_name(fields, "subject"));
  MINIONS_TRY_ASSIGN(out.spki, take_key(fields));
  if (version_3 && !fields.at_end()) {
    MINIONS_TRY_ASSIGN(out.extensions, read_extensions(fields, 3));
  }
  MINIONS_TRY(fields.finish("certificate"));
  return out;
}

Result<X509RevocationList> X509RevocationList::parse(ByteView der) {
  X509RevocationList out;
  MINIONS_TRY_ASSIGN(out.is_signed, parse_signed(der, "revocation list"));
  DerReader whole(out.is_signed.message);
  MINIONS_TRY_ASSIGN(DerReader fields, whole.enter(der_tag::kSequence, "revocation list"));
  const bool has_version = fields.peek() == der_tag::kInteger;
  if (has_version) {
    MINIONS_TRY_ASSIGN(const std::uint64_t version, fields.integer("version"));
    if (version != kVersion2) return malformed("version", "want 2 or none");
  }
  MINIONS_TRY(read_algorithm(fields, out.is_signed));
  MINIONS_TRY_ASSIGN(out.issuer, take_name(fields, "issuer"));
  MINIONS_TRY_ASSIGN(out.this_update, fields.time("this update"));
  const auto tag = fields.peek();
  if (tag == der_tag::kUtcTime || tag == der_tag::kGeneralizedTime) {
    MINIONS_TRY_ASSIGN(out.next_update, fields.time("next update"));
  }
  if (fields.peek() == der_tag::kSequence) {
    MINIONS_TRY_ASSIGN(out.serials, read_revoked(fields));
  }
  if (has_version && !fields.at_end()) {
    MINIONS_TRY_ASSIGN(const auto extensions, read_extensions(fields, 0));
    const auto is_critical = [](const X509Extension& extension) { return extension.critical; };
    if (std::any_of(extensions.begin(), extensions.end(), is_critical))
      return malformed("revocation list", "a critical extension that is not spoken here");
  }
  MINIONS_TRY(fields.finish("revocation list"));
  return out;
}

std::string x509_common_name(ByteView name) {
  std::optional<std::string> common;
  std::string all;
  const Status read = read_name(name, [&](ByteView oid, ByteView text) {
    if (!common && equal(oid, kCommonNameOid)) common = std::string(as_text(text));
    all.append(all.empty() ? "" : ", ").append(as_text(text));
  });
  return common && read ? *common : all;
}

Result<X509PathExtensions> X509PathExtensions::parse(const X509Certificate& certificate) {
  X509PathExtensions out;
  const auto& extensions = certificate.extensions;
  for (auto at = extensions.begin(); at != extensions.end(); ++at) {
    const auto is_same = [&](const X509Extension& other) { return equal(other.oid, at->oid); };
    if (std::any_of(extensions.begin(), at, is_same)) return malformed("extension", "one that is there twice");
    if (const auto kind = path_extension(at->oid)) {
      MINIONS_TRY(read_path_extension(*kind, at->value, out));
    } else if (at->critical) {
      return malformed("extension", "a critical one that is not spoken here");
    }
  }
  return out;
}

}  // namespace minions::crypto
