#include "crypto/signature_algorithm.h"

#include "crypto/der.h"

namespace minions::crypto {
namespace {

tl::unexpected<Error> malformed(std::string_view field, std::string_view what) {
  return fail(ErrorCode::kMalformed, std::string(field).append(": ").append(what));
}

enum class Scheme { kEcdsa, kRsaPkcs1, kRsaPss };
struct SignatureAlgorithm {
  Scheme scheme;
  HashAlgorithm hash;
};

struct NamedAlgorithm {
  std::string_view oid;  // contents
  SignatureAlgorithm algorithm;
};
using std::string_view_literals::operator""sv;
constexpr NamedAlgorithm kAlgorithms[] = {
    {"\x2a\x86\x48\xce\x3d\x04\x03\x02"sv, {Scheme::kEcdsa, HashAlgorithm::kSha256}},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x03"sv, {Scheme::kEcdsa, HashAlgorithm::kSha384}},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x04"sv, {Scheme::kEcdsa, HashAlgorithm::kSha512}},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv, {Scheme::kRsaPkcs1, HashAlgorithm::kSha256}},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"sv, {Scheme::kRsaPkcs1, HashAlgorithm::kSha384}},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"sv, {Scheme::kRsaPkcs1, HashAlgorithm::kSha512}},
};
constexpr std::string_view kRsaPssOid = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv;
constexpr std::string_view kMgf1Oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"sv;

struct NamedHash {
  std::string_view oid;
  HashAlgorithm hash;
  std::uint64_t bytes;
};
constexpr NamedHash kHashes[] = {
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv, HashAlgorithm::kSha256, 32},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv, HashAlgorithm::kSha384, 48},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv, HashAlgorithm::kSha512, 64},
};

// Nothing or NULL.
Status read_no_parameters(DerReader& fields, std::string_view field) {
  if (fields.at_end()) return {};
  MINIONS_TRY_ASSIGN(const ByteView null, fields.take(der_tag::kNull, field));
  if (!null.empty()) return malformed(field, "a NULL with bytes");
  return fields.finish(field);
}

Result<NamedHash> read_hash(DerReader& from) {
  MINIONS_TRY_ASSIGN(DerReader fields, from.enter(der_tag::kSequence, "hash"));
  MINIONS_TRY_ASSIGN(const ByteView oid, fields.take(der_tag::kObjectIdentifier, "hash"));
  MINIONS_TRY(read_no_parameters(fields, "hash"));
  for (const NamedHash& each : kHashes) {
    if (each.oid == as_text(oid)) return each;
  }
  return malformed("hash", "none of SHA-256, SHA-384 and SHA-512");
}

// The contents of [tag] EXPLICIT.
Result<DerReader> enter_parameter(DerReader& fields, unsigned tag) {
  return fields.enter(der_tag::context_constructed(tag), "RSASSA-PSS parameters");
}

// RFC 4055 section 3.1: MGF1 with the same hash, and a salt of the hash's length. The trailer has one value; some
// encoders write it out.
Result<HashAlgorithm> read_pss(DerReader& from) {
  constexpr std::string_view kField = "RSASSA-PSS parameters";
  MINIONS_TRY_ASSIGN(DerReader fields, from.enter(der_tag::kSequence, kField));
  MINIONS_TRY_ASSIGN(DerReader hash_field, enter_parameter(fields, 0));
  MINIONS_TRY_ASSIGN(const NamedHash hash, read_hash(hash_field));
  MINIONS_TRY(hash_field.finish(kField));
  MINIONS_TRY_ASSIGN(DerReader mask_field, enter_parameter(fields, 1));
  MINIONS_TRY_ASSIGN(DerReader mask, mask_field.enter(der_tag::kSequence, kField));
  MINIONS_TRY(mask_field.finish(kField));
  MINIONS_TRY_ASSIGN(const ByteView generator, mask.take(der_tag::kObjectIdentifier, kField));
  MINIONS_TRY_ASSIGN(const NamedHash mask_hash, read_hash(mask));
  MINIONS_TRY(mask.finish(kField));
  MINIONS_TRY_ASSIGN(DerReader salt_field, enter_parameter(fields, 2));
  MINIONS_TRY_ASSIGN(const std::uint64_t salt, salt_field.integer(kField));
  MINIONS_TRY(salt_field.finish(kField));
  if (!fields.at_end()) {
    MINIONS_TRY_ASSIGN(DerReader trailer_field, enter_parameter(fields, 3));
    MINIONS_TRY_ASSIGN(const std::uint64_t trailer, trailer_field.integer(kField));
    MINIONS_TRY(trailer_field.finish(kField));
    if (trailer != 1) return malformed(kField, "another trailer than 1");
  }
  MINIONS_TRY(fields.finish(kField));
  if (as_text(generator) != kMgf1Oid || mask_hash.hash != hash.hash || salt != hash.bytes)
    return malformed(kField, "not MGF1 and a salt as of the hash");
  return hash.hash;
}

Result<SignatureAlgorithm> read_signature_algorithm(ByteView encoded) {
  constexpr std::string_view kField = "signature algorithm";
  DerReader outer(encoded);
  MINIONS_TRY_ASSIGN(DerReader fields, outer.enter(der_tag::kSequence, kField));
  MINIONS_TRY_ASSIGN(const ByteView oid, fields.take(der_tag::kObjectIdentifier, kField));
  if (as_text(oid) == kRsaPssOid) {
    MINIONS_TRY_ASSIGN(const HashAlgorithm hash, read_pss(fields));
    MINIONS_TRY(fields.finish(kField));
    return SignatureAlgorithm{Scheme::kRsaPss, hash};
  }
  for (const NamedAlgorithm& each : kAlgorithms) {
    if (each.oid != as_text(oid)) continue;
    if (each.algorithm.scheme == Scheme::kEcdsa) {
      MINIONS_TRY(fields.finish(kField));
    } else {
      MINIONS_TRY(read_no_parameters(fields, kField));
    }
    return each.algorithm;
  }
  return malformed(kField, "one that is not spoken here");
}

}  // namespace

bool verify_signature(const SignedBytes& is_signed, const PublicKey& key) {
  const auto algorithm = read_signature_algorithm(is_signed.algorithm);
  if (!algorithm) return false;
  switch (algorithm->scheme) {
    case Scheme::kEcdsa: return key.verify_ecdsa_der(algorithm->hash, is_signed.message, is_signed.signature);
    case Scheme::kRsaPkcs1: return key.verify_rsa_pkcs1(algorithm->hash, is_signed.message, is_signed.signature);
    case Scheme::kRsaPss: return key.verify_rsa_pss(algorithm->hash, is_signed.message, is_signed.signature);
  }
  return false;
}

}  // namespace minions::crypto
