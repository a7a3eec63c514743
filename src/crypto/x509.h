// X.509 in DER as encoded (RFC 5280): certificates and revocation lists, read strictly. Fields are views into the
// parsed bytes. Judges nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "crypto/signature_algorithm.h"

namespace minions::crypto {

struct X509Extension {
  ByteView oid;  // contents
  bool critical = false;
  ByteView value;  // the bytes inside its OCTET STRING
};

// RFC 5280 section 4.1.
struct X509Certificate {
  SignedBytes is_signed;  // the same algorithm as inside the signed part
  ByteView serial;        // magnitude, big-endian
  ByteView issuer;        // Name with its header
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  ByteView subject;
  ByteView spki;  // SubjectPublicKeyInfo with its header
  std::vector<X509Extension> extensions;

  // One certificate and nothing after it.
  [[nodiscard]] static Result<X509Certificate> parse(ByteView der);
};

// RFC 5280 section 5.1. Refuses a list with a critical extension: it may cover only some certificates.
struct X509RevocationList {
  SignedBytes is_signed;
  ByteView issuer;
  UnixSeconds this_update = 0;
  UnixSeconds next_update = 0;    // 0: not stated
  std::vector<ByteView> serials;  // magnitudes

  [[nodiscard]] static Result<X509RevocationList> parse(ByteView der);
};

// The common name of a Name, the first if several; all values joined by commas if there is none. Unchanged.
[[nodiscard]] std::string x509_common_name(ByteView name);

// What the extensions state about a certificate's place in a path (RFC 5280 section 4.2.1).
struct X509PathExtensions {
  bool is_ca = false;
  std::optional<std::uint64_t> path_length;
  std::optional<std::uint8_t> key_usage;  // bits 0 to 7, the first one highest
  std::optional<ByteView> subject_key_id;
  std::optional<ByteView> authority_key_id;

  static constexpr std::uint8_t kDigitalSignature = 0x80;
  static constexpr std::uint8_t kCertSign = 0x04;
  static constexpr std::uint8_t kCrlSign = 0x02;
  // Without a usage extension the key is for everything.
  [[nodiscard]] bool allows(std::uint8_t usage) const { return !key_usage || (*key_usage & usage) != 0; }

  // Refused: a duplicate extension, a critical one that is unsupported, name constraints, an authority that is named
  // other than by its key.
  [[nodiscard]] static Result<X509PathExtensions> parse(const X509Certificate& certificate);
};

}  // namespace minions::crypto
