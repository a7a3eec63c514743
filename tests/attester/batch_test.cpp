#include "attester/batch.h"

#include <gtest/gtest.h>

#include "attestation/core/appraise.h"
#include "attester/simulated.h"

namespace minions::attester {
namespace {

using attestation::AttestationDocument;
using attestation::Nonce;

constexpr UnixSeconds kStart = 1790000000;

// Stands for a platform with two GPUs: real values in real places, from no hardware.
class RecordingAttester final : public Attester {
 public:
  explicit RecordingAttester(attestation::Evidence evidence) : evidence_(std::move(evidence)) {}
  [[nodiscard]] std::string_view platform() const override { return "recording"; }
  [[nodiscard]] Result<attestation::Evidence> collect_gpus(const Digest32& gpu_nonce) override {
    gpu_nonce_ = gpu_nonce;
    return attestation::Evidence{{"nvidia-gpu", {{"report", to_bytes("gpu 0")}}},
                                 {"nvidia-gpu", {{"report", to_bytes("gpu 1")}}}};
  }
  [[nodiscard]] Result<attestation::Evidence> collect(const ReportData& data) override {
    data_ = data;
    return evidence_;
  }
  [[nodiscard]] Result<attestation::Endorsements> endorsements() override {
    return attestation::Endorsements{{"vcek", {to_bytes("certificate")}}};
  }

  attestation::Evidence evidence_;
  Digest32 gpu_nonce_{};
  ReportData data_;
};

class Batch : public testing::Test {
 protected:
  [[nodiscard]] AttestedBatch collect(std::span<const Nonce> nonces, Attester& attester) {
    return AttestedBatch::collect(collect_for_epoch(epoch_, attester).value(), nonces, attester, key_).value();
  }
  [[nodiscard]] attestation::AttestationResult judge(const Result<AttestationDocument>& document,
                                                     std::optional<Nonce> nonce) {
    const auto policy = attestation::AppraisalPolicy::parse(nonce ? "" : "[freshness]\nmode = \"cached\"\n", "p.toml")
                            .value()
                            .with({.simulated = attestation::PolicyFlags::Simulated::kAllow,
                                   .trusted_attestation_pem = key_.public_key().to_pem()})
                            .value();
    return attestation::appraise({.document = document, .nonce = nonce, .policy = policy, .now = kStart + 5});
  }

  crypto::SystemRandom random_;
  crypto::P384PrivateKey key_ = crypto::P384PrivateKey::generate();
  EpochPointer epoch_ =
      EpochFactory::make({.software = {"minionsd", "0", "00"}}).value().epoch(1, kStart, random_).value();
};

Result<AttestationDocument> parse(const std::string& json) { return AttestationDocument::parse(as_bytes(json)); }

TEST_F(Batch, IsAcceptedByTheVerifierForEachNonceAndNoOther) {
  std::vector<Nonce> nonces;
  for (int i = 0; i < 5; ++i) nonces.push_back(random_.bytes<32>());
  SimulatedAttester attester;
  const AttestedBatch batch = collect(nonces, attester);
  EXPECT_EQ(batch.statement_digest(), epoch_->digest());
  for (std::size_t i = 0; i < nonces.size(); ++i) {
    const auto document = parse(batch.full(i));
    const auto result = judge(document, nonces[i]);
    ASSERT_TRUE(result.accepted()) << result.to_text();
    EXPECT_EQ(result.statement->digest(), epoch_->digest());
    EXPECT_EQ(judge(document, nonces[(i + 1) % 5]).first_failure()->id, "nonce");
    EXPECT_FALSE(judge(document, std::nullopt).accepted());
  }
}

TEST_F(Batch, WithoutNoncesIsAcceptedWhereThePolicySaysCached) {
  SimulatedAttester attester;
  const AttestedBatch batch = collect({}, attester);
  const auto document = parse(batch.full());
  EXPECT_TRUE(judge(document, std::nullopt).accepted()) << judge(document, std::nullopt).to_text();
  EXPECT_FALSE(judge(document, Nonce{1}).accepted());
}

TEST_F(Batch, CompletesItsShortAnswers) {
  const std::vector<Nonce> nonces = {random_.bytes<32>(), random_.bytes<32>()};
  SimulatedAttester attester;
  const AttestedBatch first = collect(std::span(nonces).first(1), attester);
  const AttestedBatch second = collect(nonces, attester);
  EXPECT_LT(second.brief(1).size() + epoch_->statement_bytes().size(), second.full(1).size());
  const auto brief = parse(second.brief(1));
  EXPECT_EQ(judge(brief, nonces[1]).first_failure()->id, "statement.parse");
  const auto completed = AttestationDocument(*brief).completed_from(parse(first.full(0)).value());
  EXPECT_TRUE(judge(completed, nonces[1]).accepted()) << judge(completed, nonces[1]).to_text();
}

TEST_F(Batch, GivesThePlatformTheValuesOfTheBindingChain) {
  RecordingAttester attester({{"sev-snp", {{"report", to_bytes("cpu")}}}});
  const Nonce nonce = random_.bytes<32>();
  const AttestedBatch batch = collect(std::span(&nonce, 1), attester);
  const auto document = parse(batch.full(0)).value();
  const auto chain =
      attestation::binding_chain(epoch_->digest(), attestation::merkle_leaf(nonce), document.evidence).value();
  EXPECT_EQ(attester.gpu_nonce_, chain.gpu_nonce);
  EXPECT_NE(chain.bound.gpus, Digest32{});
  EXPECT_EQ(attester.data_.bound.gpus, chain.bound.gpus);
  EXPECT_EQ(attester.data_.cpu_report_data, chain.cpu_report_data);
  EXPECT_EQ(attester.data_.tpm_qualifying_data, chain.tpm_qualifying_data);
  EXPECT_EQ(attester.data_.maa_nonce, chain.maa_nonce);
  EXPECT_TRUE(key_.public_key().verify(chain.operator_input, document.operator_signature.signature));
  EXPECT_EQ(document.evidence.size(), 3U);
  EXPECT_EQ(document.endorsements.at("vcek").at(0), to_bytes("certificate"));
  EXPECT_EQ(parse(batch.brief(0))->evidence.size(), 1U);
}

TEST_F(Batch, SharesWhatTheDocumentsOfAnEpochHaveInCommon) {
  RecordingAttester attester({{"sev-snp", {{"report", to_bytes("cpu")}}}});
  const EpochEvidence evidence = collect_for_epoch(epoch_, attester).value();
  const std::vector<Nonce> nonces = {random_.bytes<32>(), random_.bytes<32>()};
  const auto first = AttestedBatch::collect(evidence, nonces, attester, key_).value();
  const auto second = AttestedBatch::collect(evidence, std::span(nonces).first(1), attester, key_).value();
  const auto pieces = first.shared(attestation::DocumentForm::kFull);
  const auto others = second.shared(attestation::DocumentForm::kFull);
  // Statement and endorsements, and evidence of GPUs: the same bytes in the same place.
  EXPECT_EQ(pieces[0].data(), others[0].data());
  EXPECT_EQ(pieces[2].data(), others[2].data());
  EXPECT_GT(pieces[0].size(), epoch_->statement_bytes().size());
  for (const auto form : {attestation::DocumentForm::kFull, attestation::DocumentForm::kBrief}) {
    std::string joined;
    for (const std::string_view piece : first.shared(form)) joined += piece;
    joined += first.ending(1);
    EXPECT_EQ(joined, form == attestation::DocumentForm::kFull ? first.full(1) : first.brief(1));
    EXPECT_TRUE(parse(joined)) << parse(joined).error().detail;
  }
  const auto document = parse(first.full(1)).value();
  ASSERT_EQ(document.evidence.size(), 3U);
  EXPECT_EQ(document.evidence[2].data.at("report"), to_bytes("gpu 1"));
  EXPECT_EQ(document.nonce, nonces[1]);
}

TEST_F(Batch, RefusesEvidenceThatNoClientWouldTake) {
  for (const attestation::Evidence& evidence : {attestation::Evidence{}, attestation::Evidence{{"simulated", {}}},
                                                attestation::Evidence{{"sev-snp", {}}, {"tdx", {}}}}) {
    RecordingAttester attester(evidence);
    const auto batch = AttestedBatch::collect(collect_for_epoch(epoch_, attester).value(), {}, attester, key_);
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().code, ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace minions::attester
