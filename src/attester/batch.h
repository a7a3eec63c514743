// One collection of evidence, signed by the operator and ready to be served: for one statement and one batch of nonces.
#pragma once

#include "attestation/core/document.h"
#include "attester/attester.h"
#include "attester/epoch.h"
#include "crypto/ecdsa.h"

namespace minions::attester {

// What is collected once per epoch.
struct EpochEvidence {
  EpochPointer epoch;
  attestation::Evidence gpus;
  std::shared_ptr<const attestation::DocumentFrame> frame;
};

[[nodiscard]] Result<EpochEvidence> collect_for_epoch(EpochPointer epoch, Attester& attester);

class AttestedBatch {
 public:
  // Collects over these nonces (none: M is zero) and signs A. Blocks as long as the platform does. kInternal if the
  // platform gave evidence that no client would accept.
  [[nodiscard]] static Result<AttestedBatch> collect(const EpochEvidence& epoch,
                                                     std::span<const attestation::Nonce> nonces, Attester& attester,
                                                     const crypto::P384PrivateKey& key);

  [[nodiscard]] const Digest32& statement_digest() const { return statement_digest_; }
  // Documents for the nonce at that index of the batch; for a batch without nonces, those without an index.
  [[nodiscard]] std::string full(std::size_t index) const { return writer_.full(nonces_[index], proof(index)); }
  [[nodiscard]] std::string brief(std::size_t index) const { return writer_.brief(nonces_[index], proof(index)); }
  [[nodiscard]] std::string full() const { return writer_.full(); }
  [[nodiscard]] std::string brief() const { return writer_.brief(); }
  // The same in pieces that are kept here, and each nonce's own end.
  [[nodiscard]] auto shared(attestation::DocumentForm form) const { return writer_.shared(form); }
  [[nodiscard]] std::string ending(std::size_t index) const { return writer_.ending(nonces_[index], proof(index)); }

 private:
  AttestedBatch(attestation::DocumentWriter writer, const Digest32& statement,
                std::span<const attestation::Nonce> nonces);
  [[nodiscard]] attestation::Proof proof(std::size_t index) const { return tree_->proof(index); }

  attestation::DocumentWriter writer_;
  Digest32 statement_digest_;
  std::vector<attestation::Nonce> nonces_;
  std::optional<attestation::NonceTree> tree_;
};

}  // namespace minions::attester
