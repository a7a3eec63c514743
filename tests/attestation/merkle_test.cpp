#include "attestation/core/merkle.h"

#include "attestation/vectors.h"

namespace minions::attestation {
namespace {

std::vector<Nonce> numbered_nonces(std::size_t count) {
  std::vector<Nonce> nonces(count);
  for (std::size_t i = 0; i < count; ++i) {
    nonces[i].fill(static_cast<std::uint8_t>(i));
    nonces[i][0] = 0x5a;
  }
  return nonces;
}

TEST(NonceTree, MatchesTheVectors) {
  for (const auto& vector : vectors()["merkle"]) {
    std::vector<Nonce> nonces;
    for (const auto& nonce : vector["nonces"]) nonces.push_back(hex_array<32>(nonce));
    const NonceTree tree(nonces);
    EXPECT_EQ(to_hex(tree.head()), text(vector["root"]));
    for (std::size_t i = 0; i < nonces.size(); ++i) {
      EXPECT_EQ(to_hex(merkle_leaf(nonces[i])), text(vector["leaves"][i]));
      const Proof proof = tree.proof(i);
      ASSERT_EQ(proof.size(), vector["proofs"][i].size());
      for (std::size_t step = 0; step < proof.size(); ++step) {
        EXPECT_EQ(proof[step].side == ProofStep::Side::kLeft ? "left" : "right",
                  text(vector["proofs"][i][step]["side"]));
        EXPECT_EQ(to_base64url(proof[step].hash), text(vector["proofs"][i][step]["hash"]));
      }
    }
  }
}

TEST(NonceTree, ProvesEveryNonceOfEverySize) {
  for (std::size_t count = 1; count <= 70; ++count) {
    const std::vector<Nonce> nonces = numbered_nonces(count);
    const NonceTree tree(nonces);
    ASSERT_EQ(tree.size(), count);
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(head_of_proof(nonces[i], tree.proof(i)).value(), tree.head()) << i << "/" << count;
  }
}

TEST(NonceTree, ProvesNothingElse) {
  for (std::size_t count = 2; count <= 70; ++count) {
    const std::vector<Nonce> nonces = numbered_nonces(count);
    const NonceTree tree(nonces);
    for (std::size_t i = 0; i < count; ++i) {
      const Proof proof = tree.proof(i);
      Nonce other = nonces[i];
      other[31] ^= 1;
      EXPECT_NE(head_of_proof(other, proof).value(), tree.head());
      for (std::size_t step = 0; step < proof.size(); ++step) {
        Proof changed = proof;
        changed[step].hash[step % 32] ^= 0x80;
        EXPECT_NE(head_of_proof(nonces[i], changed).value(), tree.head());
        changed = proof;
        changed[step].side =
            proof[step].side == ProofStep::Side::kLeft ? ProofStep::Side::kRight : ProofStep::Side::kLeft;
        EXPECT_NE(head_of_proof(nonces[i], changed).value(), tree.head());
        changed = proof;
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(step));
        EXPECT_NE(head_of_proof(nonces[i], changed).value(), tree.head());
      }
    }
  }
}

TEST(NonceTree, BoundsTheProof) {
  EXPECT_TRUE(head_of_proof(Nonce{}, Proof(kProofLimitSteps)));
  EXPECT_EQ(head_of_proof(Nonce{}, Proof(kProofLimitSteps + 1)).error().code, ErrorCode::kMalformed);
}

}  // namespace
}  // namespace minions::attestation
