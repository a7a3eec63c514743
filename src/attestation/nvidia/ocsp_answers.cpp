#include "attestation/nvidia/ocsp_answers.h"

#include <fmt/format.h>

namespace minions::attestation {

void OcspAnswers::read() {
  if (read_) return;
  read_.emplace();
  if (ders_.size() > kMostOcspAnswers) {
    read_ = fail(ErrorCode::kTooLarge, fmt::format("{} OCSP answers, want {} at most", ders_.size(), kMostOcspAnswers));
    return;
  }
  for (std::size_t i = 0; i < ders_.size(); ++i) {
    auto answer = crypto::OcspResponse::parse(ders_[i]);
    if (answer) {
      answers_.push_back(*std::move(answer));
    } else if (*read_) {
      read_ = fail(std::move(answer).error().in(fmt::format("ocsp[{}]", i)));
    }
  }
}

const Status& OcspAnswers::readable() {
  read();
  return *read_;
}

const std::vector<Result<crypto::OcspAnswer>>& OcspAnswers::about(const crypto::Certificate& certificate,
                                                                  const crypto::Certificate& issuer,
                                                                  const crypto::Certificate& root) {
  read();
  const auto [at, is_new] = known_.try_emplace({certificate.sha256(), issuer.sha256(), root.sha256()});
  auto& found = at->second;
  if (!is_new) return found;
  const crypto::OcspQuestion question{.certificate = certificate, .issuer = issuer, .root = root, .now = now_};
  for (const crypto::OcspResponse& response : answers_) {
    if (!response.speaks_of(question)) continue;
    if (found.size() == kMostAnswersAboutOne) {
      found.push_back(fail(ErrorCode::kTooLarge, fmt::format("over {} answers about it", kMostAnswersAboutOne)));
      break;
    }
    found.push_back(response.about(question));
  }
  return found;
}

}  // namespace minions::attestation
