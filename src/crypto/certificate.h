// X.509 certificates, paths to a pinned root, and revocation lists (RFC 5280). Read by the project's own strict reader.
// A path is valid only if both that reader and OpenSSL's X509_verify_cert accept it. Names are equal if their bytes
// are. The time is always the caller's; nothing is fetched.
#pragma once

#include <memory>

#include "crypto/x509.h"

struct x509_st;

namespace minions::crypto {

class Certificate {
 public:
  // Exactly one certificate and nothing after it.
  [[nodiscard]] static Result<Certificate> from_der(ByteView der);
  // As from_der, but accepts zero bytes after it: for fixed-size memory of a TPM.
  [[nodiscard]] static Result<Certificate> from_padded_der(ByteView der);
  // One or more, in order. Skips text around the blocks, and a NUL at the end. At most `limit`.
  [[nodiscard]] static Result<std::vector<Certificate>> from_pem(std::string_view pem, std::size_t limit = 10);
  // Either form: PEM if it contains the beginning of a block, else DER.
  [[nodiscard]] static Result<std::vector<Certificate>> read(ByteView bytes);

  [[nodiscard]] const Bytes& der() const;
  [[nodiscard]] Digest32 sha256() const;  // of the DER
  // Views into der(): valid as long as a copy of this certificate exists.
  [[nodiscard]] const X509Certificate& fields() const;
  // The common name, or the whole name if there is none; ASCII, shortened.
  [[nodiscard]] std::string subject_name() const;
  [[nodiscard]] std::string issuer_name() const;
  [[nodiscard]] Bytes serial() const;  // big-endian magnitude
  [[nodiscard]] UnixSeconds not_before() const;
  [[nodiscard]] UnixSeconds not_after() const;
  [[nodiscard]] const Result<PublicKey>& public_key() const;  // read once
  // Of the SubjectPublicKeyInfo as encoded in the certificate: distinguishes the keys that an issuer has signed.
  [[nodiscard]] Digest32 spki_sha256() const;
  // The value of an extension, by dotted OID: the bytes inside its OCTET STRING. Nothing if it is missing or appears
  // twice.
  [[nodiscard]] std::optional<Bytes> extension(const std::string& oid) const;
  // OpenSSL's own object, parsed once; null if OpenSSL rejects it.
  [[nodiscard]] x509_st* library_form() const;

 private:
  struct Contents;
  explicit Certificate(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}
  std::shared_ptr<const Contents> contents_;
};

struct PathRules {
  std::span<const Digest32> roots;  // SHA-256 of the DER of trusted certificates
  UnixSeconds now = 0;
};

// The path from the leaf to one of the roots, leaf first, root last. `others` are certificates of any origin, the root
// among them. Only a certificate whose digest is in rules.roots ends a path, and it does so whoever issued it. Every
// signature, name, validity, CA bit, key usage and path length on the path is good, no critical extension is unknown,
// and OpenSSL agrees. Otherwise kTampered with the reason, with both answers if they differ.
[[nodiscard]] Result<std::vector<Certificate>> verify_path(const Certificate& leaf, std::span<const Certificate> others,
                                                           const PathRules& rules);

// The two answers separately, for tests that compare them. The reader's, which is the stricter:
[[nodiscard]] Result<std::vector<Certificate>> read_path(const Certificate& leaf, std::span<const Certificate> others,
                                                         const PathRules& rules);
// OpenSSL's answer about a path, leaf first: trusts only its last certificate.
[[nodiscard]] Status check_path_by_library(std::span<const Certificate> path, UnixSeconds now);

// A certificate that signs things other than certificates: not a CA, and its key may sign.
[[nodiscard]] Status check_end_entity(const Certificate& certificate);

class RevocationList {
 public:
  // DER, exactly.
  [[nodiscard]] static Result<RevocationList> from_der(ByteView der);
  // Either form: PEM (X509 CRL), one block or more, if it contains the beginning of a block, else DER.
  [[nodiscard]] static Result<std::vector<RevocationList>> read(ByteView bytes);

  [[nodiscard]] const Bytes& der() const;
  [[nodiscard]] std::string issuer_name() const;
  [[nodiscard]] UnixSeconds this_update() const;
  [[nodiscard]] UnixSeconds next_update() const;  // 0: not stated
  // Signed by this issuer, which may sign lists: checks name, key usage and signature.
  [[nodiscard]] bool signed_by(const Certificate& issuer) const;
  [[nodiscard]] bool same_issuer_as(const Certificate& certificate) const;  // it covers this certificate
  [[nodiscard]] bool lists(const Certificate& certificate) const;           // by serial number

 private:
  struct Contents;
  explicit RevocationList(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}
  std::shared_ptr<const Contents> contents_;
};

}  // namespace minions::crypto
