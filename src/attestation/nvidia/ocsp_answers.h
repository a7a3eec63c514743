// OCSP answers at hand, for all certificates that a verification asks about: each is parsed once, and each
// certificate's are verified once, however many GPUs share them. What a peer sends is then no more work than its size.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "crypto/ocsp.h"

namespace minions::attestation {

// Those of a document; and those about one certificate, each of which costs signature checks.
inline constexpr std::size_t kMostOcspAnswers = 1024;
inline constexpr std::size_t kMostAnswersAboutOne = 16;

class OcspAnswers {
 public:
  // ders: stay where they are for as long as this. now: of the verification.
  OcspAnswers(std::span<const Bytes> ders, UnixSeconds now) : ders_(ders), now_(now) {}

  // Whether all of them are answers. kTooLarge: over kMostOcspAnswers, none is read. kMalformed: names the first that
  // is none, the others count.
  [[nodiscard]] const Status& readable();

  // What they say of the certificate, in their order: an answer, or why one about it does not count. Those beyond
  // kMostAnswersAboutOne are one kTooLarge at the end. issuer: whose key verified it; root: the last of its path.
  [[nodiscard]] const std::vector<Result<crypto::OcspAnswer>>& about(const crypto::Certificate& certificate,
                                                                     const crypto::Certificate& issuer,
                                                                     const crypto::Certificate& root);

 private:
  void read();

  std::span<const Bytes> ders_;
  UnixSeconds now_;
  std::optional<Status> read_;
  std::vector<crypto::OcspResponse> answers_;
  std::map<std::vector<Digest32>, std::vector<Result<crypto::OcspAnswer>>> known_;  // by certificate, issuer, root
};

}  // namespace minions::attestation
