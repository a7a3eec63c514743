// The tree over the client nonces of one batch (RFC 6962 section 2.1, SHA-256): M of the binding chain and its proofs.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace minions::attestation {

using Nonce = ByteArray<32>;

inline constexpr std::size_t kProofLimitSteps = 20;

struct ProofStep {
  enum class Side { kLeft, kRight };
  Side side = Side::kLeft;  // where this hash is placed
  Digest32 hash{};
};
using Proof = std::vector<ProofStep>;

// H(0x00 || nonce)
[[nodiscard]] Digest32 merkle_leaf(const Nonce& nonce);

class NonceTree {
 public:
  // At least one nonce, at most 2^20.
  explicit NonceTree(std::span<const Nonce> nonces);

  [[nodiscard]] std::size_t size() const { return levels_.front().size(); }
  [[nodiscard]] const Digest32& head() const { return levels_.back().front(); }
  // Of the nonce at this index; index < size().
  [[nodiscard]] Proof proof(std::size_t index) const;

 private:
  std::vector<std::vector<Digest32>> levels_;  // leaves first
};

// The tree head that the proof leads to from this nonce. The signatures over M prove whether it is the attested head.
// kMalformed beyond kProofLimitSteps.
[[nodiscard]] Result<Digest32> head_of_proof(const Nonce& nonce, std::span<const ProofStep> proof);

}  // namespace minions::attestation
