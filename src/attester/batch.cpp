#include "attester/batch.h"

namespace minions::attester {
namespace {

Digest32 head_of(std::span<const attestation::Nonce> nonces) {
  return nonces.empty() ? Digest32{} : attestation::NonceTree(nonces).head();
}

}  // namespace

Result<EpochEvidence> collect_for_epoch(EpochPointer epoch, Attester& attester) {
  MINIONS_TRY_ASSIGN(attestation::Evidence gpus, attester.collect_gpus(attestation::gpu_nonce(epoch->digest())));
  MINIONS_TRY_ASSIGN(attestation::Endorsements endorsements, attester.endorsements());
  auto frame = std::make_shared<const attestation::DocumentFrame>(epoch->statement_bytes(), gpus, endorsements);
  return EpochEvidence{std::move(epoch), std::move(gpus), std::move(frame)};
}

AttestedBatch::AttestedBatch(attestation::DocumentWriter writer, const Digest32& statement,
                             std::span<const attestation::Nonce> nonces)
    : writer_(std::move(writer)), statement_digest_(statement), nonces_(nonces.begin(), nonces.end()) {
  if (!nonces.empty()) tree_.emplace(nonces);
}

Result<AttestedBatch> AttestedBatch::collect(const EpochEvidence& epoch, std::span<const attestation::Nonce> nonces,
                                             Attester& attester, const crypto::P384PrivateKey& key) {
  const Digest32& statement = epoch.epoch->digest();
  const Digest32 head = head_of(nonces);
  MINIONS_TRY_ASSIGN(const Digest32 gpus, attestation::gpu_digest(epoch.gpus));
  const attestation::Bound bound{.statement = statement, .gpus = gpus, .nonces = head};
  MINIONS_TRY_ASSIGN(const attestation::Evidence own, attester.collect(ReportData::of(bound)));
  attestation::Evidence evidence = own;
  evidence.insert(evidence.end(), epoch.gpus.begin(), epoch.gpus.end());
  if (const Status composed = attestation::check_composition(evidence); !composed) {
    return fail(ErrorCode::kInternal, "collected evidence: " + composed.error().detail);
  }
  MINIONS_TRY_ASSIGN(const attestation::BindingChain chain, attestation::binding_chain(statement, head, evidence));
  const attestation::OperatorSignature operator_signature{key.public_key().to_pem(), key.sign(chain.operator_input)};
  return AttestedBatch(attestation::DocumentWriter(epoch.frame, own, operator_signature), statement, nonces);
}

}  // namespace minions::attester
