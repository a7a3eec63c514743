// The available OCSP answers, for all certificates that a verification asks about. Each is parsed once, and each
// certificate's answers are verified once, however many GPUs share them. So the work is bounded by the size of what a
// peer sends.
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
  // ders: must not move or change while this exists. now: of the verification.
  OcspAnswers(std::span<const Bytes> ders, UnixSeconds now) : ders_(ders), now_(now) {}

  // Whether all of them are answers. kTooLarge: over kMostOcspAnswers, none is read. kMalformed: names the first that
  // is not an answer; the others count.
  [[nodiscard]] const Status& readable();

  // What they state about the certificate, in their order: an answer, or why one about it does not count. Those beyond
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
