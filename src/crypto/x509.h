// X.509 in DER as it lies (RFC 5280): certificates and revocation lists, read strictly. Fields are views into the bytes
// that were parsed. Judges nothing.
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
  SignedBytes is_signed;  // the same algorithm inside of the message
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

// RFC 5280 section 5.1. One with an extension that is critical is refused: it may speak of some certificates only.
struct X509RevocationList {
  SignedBytes is_signed;
  ByteView issuer;
  UnixSeconds this_update = 0;
  UnixSeconds next_update = 0;    // 0: it says none
  std::vector<ByteView> serials;  // magnitudes

  [[nodiscard]] static Result<X509RevocationList> parse(ByteView der);
};

// The common name of a Name, the first there is; all values joined by commas where there is none. As it lies.
[[nodiscard]] std::string x509_common_name(ByteView name);

// What extensions say of a certificate's place in a path (RFC 5280 section 4.2.1).
struct X509PathExtensions {
  bool is_ca = false;
  std::optional<std::uint64_t> path_length;
  std::optional<std::uint8_t> key_usage;  // bits 0 to 7, the first one highest
  std::optional<ByteView> subject_key_id;
  std::optional<ByteView> authority_key_id;

  static constexpr std::uint8_t kDigitalSignature = 0x80;
  static constexpr std::uint8_t kCertSign = 0x04;
  static constexpr std::uint8_t kCrlSign = 0x02;
  // Without a usage the key is for everything.
  [[nodiscard]] bool allows(std::uint8_t usage) const { return !key_usage || (*key_usage & usage) != 0; }

  // Refused: an extension twice, one that is critical and not spoken here, name constraints, an authority that is named
  // otherwise than by its key.
  [[nodiscard]] static Result<X509PathExtensions> parse(const X509Certificate& certificate);
};

}  // namespace minions::crypto
