#include "attestation/core/merkle.h"

#include <fmt/format.h>

#include "crypto/hash.h"

namespace minions::attestation {
namespace {

constexpr std::uint8_t kLeafPrefix[] = {0x00};
constexpr std::uint8_t kNodePrefix[] = {0x01};

Digest32 merkle_node(const Digest32& left, const Digest32& right) { return crypto::sha256({kNodePrefix, left, right}); }

// A level's parents; an unpaired last node moves up unchanged.
std::vector<Digest32> parents_of(const std::vector<Digest32>& level) {
  std::vector<Digest32> parents;
  parents.reserve((level.size() + 1) / 2);
  for (std::size_t i = 0; i + 1 < level.size(); i += 2) parents.push_back(merkle_node(level[i], level[i + 1]));
  if (level.size() % 2 == 1) parents.push_back(level.back());
  return parents;
}

}  // namespace

Digest32 merkle_leaf(const Nonce& nonce) { return crypto::sha256({kLeafPrefix, nonce}); }

NonceTree::NonceTree(std::span<const Nonce> nonces) {
  std::vector<Digest32> leaves;
  leaves.reserve(nonces.size());
  for (const Nonce& nonce : nonces) leaves.push_back(merkle_leaf(nonce));
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) levels_.push_back(parents_of(levels_.back()));
}

Proof NonceTree::proof(std::size_t index) const {
  Proof proof;
  for (const std::vector<Digest32>& level : levels_) {
    const std::size_t sibling = index ^ 1;
    if (sibling < level.size()) {
      proof.push_back({sibling < index ? ProofStep::Side::kLeft : ProofStep::Side::kRight, level[sibling]});
    }
    index /= 2;
  }
  return proof;
}

Result<Digest32> head_of_proof(const Nonce& nonce, std::span<const ProofStep> proof) {
  if (proof.size() > kProofLimitSteps) {
    return fail(ErrorCode::kMalformed,
                fmt::format("nonce_proof: {} steps, at most {}", proof.size(), kProofLimitSteps));
  }
  Digest32 head = merkle_leaf(nonce);
  for (const ProofStep& step : proof) {
    head = step.side == ProofStep::Side::kLeft ? merkle_node(step.hash, head) : merkle_node(head, step.hash);
  }
  return head;
}

}  // namespace minions::attestation
