// OCSP (RFC 6960): the question whether one certificate is revoked, and the answer of its issuer's responder, verified
// by OpenSSL. The time is always the caller's; nothing is fetched.
#pragma once

#include "crypto/certificate.h"

struct ocsp_basic_response_st;

namespace minions::crypto {

// A request in DER for one certificate, identified by SHA-384. Without a nonce: the answer may be stapled or kept until
// its nextUpdate, which is all the freshness it has (RFC 5019). kMalformed: OpenSSL does not read one of the two.
[[nodiscard]] Result<Bytes> ocsp_request(const Certificate& certificate, const Certificate& issuer);

struct OcspAnswer {
  enum class Status { kGood, kUnknown, kOnHold, kRevoked };  // the later, the worse
  Status status = Status::kUnknown;
  UnixSeconds this_update = 0;
  UnixSeconds next_update = 0;
};

// About a certificate on a path that has been verified: issuer is the next one, root the last.
struct OcspQuestion {
  const Certificate& certificate;
  const Certificate& issuer;
  const Certificate& root;
  UnixSeconds now = 0;
};

class OcspResponse {
 public:
  // A successful response in DER and nothing after it; kMalformed otherwise.
  [[nodiscard]] static Result<OcspResponse> parse(ByteView der);

  // Whether one of its answers, signed or not, is about the certificate.
  [[nodiscard]] bool speaks_of(const OcspQuestion& question) const;

  // What it says of the certificate; the worst, where it says several things. The signer is one of RFC 6960 section
  // 4.2.2.2, for each certificate by itself: its issuer, or a leaf for OCSP signing that this issuer issued, or one
  // that the pinned root issued, which is the authority configured here. kNotFound: it speaks of other certificates
  // only. kTampered: with the reason. The window of the answer is for the caller to judge.
  [[nodiscard]] Result<OcspAnswer> about(const OcspQuestion& question) const;

 private:
  explicit OcspResponse(std::shared_ptr<ocsp_basic_response_st> basic) : basic_(std::move(basic)) {}
  std::shared_ptr<ocsp_basic_response_st> basic_;
};

}  // namespace minions::crypto
