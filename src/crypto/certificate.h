// X.509 certificates, paths to a pinned root, and revocation lists (RFC 5280). They are read by the project's own
// strict reader. A path holds only where that reader and OpenSSL's X509_verify_cert both accept it. Names are the same
// where their bytes are. The time is always the caller's; nothing is fetched.
#pragma once

#include <memory>

#include "crypto/x509.h"

struct x509_st;

namespace minions::crypto {

class Certificate {
 public:
  // Exactly one certificate and nothing after it.
  [[nodiscard]] static Result<Certificate> from_der(ByteView der);
  // As from_der, with zero bytes after it: what comes out of fixed-size memory of a TPM.
  [[nodiscard]] static Result<Certificate> from_padded_der(ByteView der);
  // One or more, in their order; text around the blocks is skipped, a NUL at the end too. At most `limit`.
  [[nodiscard]] static Result<std::vector<Certificate>> from_pem(std::string_view pem, std::size_t limit = 10);
  // Either form: PEM where a block begins in it, else DER.
  [[nodiscard]] static Result<std::vector<Certificate>> read(ByteView bytes);

  [[nodiscard]] const Bytes& der() const;
  [[nodiscard]] Digest32 sha256() const;  // of the DER
  // Views into der(): for as long as a copy of this certificate is there.
  [[nodiscard]] const X509Certificate& fields() const;
  // The common name, or all of it where there is none; ASCII, shortened.
  [[nodiscard]] std::string subject_name() const;
  [[nodiscard]] std::string issuer_name() const;
  [[nodiscard]] Bytes serial() const;  // big-endian magnitude
  [[nodiscard]] UnixSeconds not_before() const;
  [[nodiscard]] UnixSeconds not_after() const;
  [[nodiscard]] const Result<PublicKey>& public_key() const;  // read once
  // Of the SubjectPublicKeyInfo as the certificate has it: what tells keys apart that an issuer has signed.
  [[nodiscard]] Digest32 spki_sha256() const;
  // The value of an extension, by dotted OID: the bytes inside its OCTET STRING. Nothing if it is not there or is there
  // twice.
  [[nodiscard]] std::optional<Bytes> extension(const std::string& oid) const;
  // As OpenSSL reads it, once; null where it does not.
  [[nodiscard]] x509_st* library_form() const;

 private:
  struct Contents;
  explicit Certificate(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}
  std::shared_ptr<const Contents> contents_;
};

struct PathRules {
  std::span<const Digest32> roots;  // SHA-256 of the DER of certificates that are trusted
  UnixSeconds now = 0;
};

// The path from the leaf to one of the roots, leaf first, root last. `others` are certificates of any origin, the root
// among them: only one whose digest is in rules.roots ends a path, and it ends there whoever has issued it. Every
// signature, name, validity, CA bit, key usage and path length on it is good, and no critical extension is unknown; and
// OpenSSL says so too. kTampered with the reason otherwise, with both answers where they differ.
[[nodiscard]] Result<std::vector<Certificate>> verify_path(const Certificate& leaf, std::span<const Certificate> others,
                                                           const PathRules& rules);

// The answers one by one, for tests that hold them against each other. The reader's, who is the stricter one:
[[nodiscard]] Result<std::vector<Certificate>> read_path(const Certificate& leaf, std::span<const Certificate> others,
                                                         const PathRules& rules);
// OpenSSL's about a path, leaf first: its last certificate is the only one that is trusted.
[[nodiscard]] Status check_path_by_library(std::span<const Certificate> path, UnixSeconds now);

// A certificate that signs other things than certificates: no authority, and its key may make signatures.
[[nodiscard]] Status check_end_entity(const Certificate& certificate);

class RevocationList {
 public:
  // DER, exactly.
  [[nodiscard]] static Result<RevocationList> from_der(ByteView der);
  // Either form: PEM (X509 CRL), one block or more, where a block begins in it, else DER.
  [[nodiscard]] static Result<std::vector<RevocationList>> read(ByteView bytes);

  [[nodiscard]] const Bytes& der() const;
  [[nodiscard]] std::string issuer_name() const;
  [[nodiscard]] UnixSeconds this_update() const;
  [[nodiscard]] UnixSeconds next_update() const;  // 0: it says none
  // By this issuer, who may sign lists: name, key usage and signature.
  [[nodiscard]] bool signed_by(const Certificate& issuer) const;
  [[nodiscard]] bool same_issuer_as(const Certificate& certificate) const;  // it speaks about this certificate
  [[nodiscard]] bool lists(const Certificate& certificate) const;           // by serial number

 private:
  struct Contents;
  explicit RevocationList(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}
  std::shared_ptr<const Contents> contents_;
};

}  // namespace minions::crypto
