// OCSP (RFC 6960): asks whether a certificate is revoked, and reads the answer of its issuer's responder, verified by
// OpenSSL. The time is always the caller's; nothing is fetched.
#pragma once

#include "crypto/certificate.h"

struct ocsp_basic_response_st;

namespace minions::crypto {

// A request in DER for one certificate, identified by SHA-384. Without a nonce: the answer may be stapled or kept until
// its nextUpdate, which is the only freshness it has (RFC 5019). kMalformed: OpenSSL cannot read one of the two.
[[nodiscard]] Result<Bytes> ocsp_request(const Certificate& certificate, const Certificate& issuer);

struct OcspAnswer {
  enum class Status { kGood, kUnknown, kOnHold, kRevoked };  // the later, the worse
  Status status = Status::kUnknown;
  UnixSeconds this_update = 0;
  UnixSeconds next_update = 0;
};

// About a certificate on a verified path: issuer is the next one, root the last.
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

  // Whether one of its answers, signed or not, is about this certificate.
  [[nodiscard]] bool speaks_of(const OcspQuestion& question) const;

  // The status of the certificate; the worst, if there are several. The signer must be one of those in RFC 6960 section
  // 4.2.2.2, for each certificate separately: its issuer, or a leaf for OCSP signing issued by this issuer, or one
  // issued by the pinned root, which is the authority configured here. kNotFound: it covers only other certificates.
  // kTampered: with the reason. The caller judges the answer's time window.
  [[nodiscard]] Result<OcspAnswer> about(const OcspQuestion& question) const;

 private:
  explicit OcspResponse(std::shared_ptr<ocsp_basic_response_st> basic) : basic_(std::move(basic)) {}
  std::shared_ptr<ocsp_basic_response_st> basic_;
};

}  // namespace minions::crypto
