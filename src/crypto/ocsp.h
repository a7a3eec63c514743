// OCSP (RFC 6960): the question whether one certificate is revoked, and the answer of its issuer's responder, verified
// by OpenSSL. The time is always the caller's; nothing is fetched.
#pragma once

#include "crypto/certificate.h"

namespace minions::crypto {

// A request in DER for one certificate, identified by SHA-384. Without a nonce: the answer may be stapled or kept until
// its nextUpdate, which is all the freshness it has (RFC 5019). kMalformed: OpenSSL does not read one of the two.
[[nodiscard]] Result<Bytes> ocsp_request(const Certificate& certificate, const Certificate& issuer);

struct OcspAnswer {
  enum class Status { kGood, kRevoked, kUnknown };
  Status status = Status::kUnknown;
  UnixSeconds this_update = 0;
  UnixSeconds next_update = 0;
};

struct OcspQuestion {
  const Certificate& certificate;
  const Certificate& issuer;
  std::span<const Certificate> others;  // that a responder's path may go over
  PathRules rules;
};

// What a response in DER says of the certificate. The signer is the issuer itself, or a certificate for OCSP signing
// whose path ends in one of the roots. kNotFound: it speaks of other certificates only. kMalformed, kTampered: with the
// reason. The window of the answer is for the caller to judge.
[[nodiscard]] Result<OcspAnswer> verify_ocsp_response(ByteView der, const OcspQuestion& question);

}  // namespace minions::crypto
