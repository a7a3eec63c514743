// The whole way of evidence from bare SEV-SNP and TDX guests: from the kernel's files, a device and a library to a
// document that the verifier accepts under the tests' roots and refuses under the real ones.
#include <gtest/gtest.h>

#include "attestation/core/appraise.h"
#include "attestation/synthetic_snp.h"
#include "attestation/synthetic_tdx.h"
#include "attester/batch.h"
#include "attester/cert_table_bytes.h"
#include "attester/fake_nvml.h"
#include "attester/fake_tsm.h"
#include "attester/nvml.h"
#include "attester/snp.h"
#include "attester/tdx.h"

namespace minions::attester {
namespace {

using attestation::AttestationDocument;
using attestation::Nonce;
using attestation::TrustAnchors;
namespace snp = attestation::synthetic_snp;
namespace intel = attestation::tdx;

std::string text_of(const crypto::Certificate& certificate) { return std::string(as_text(certificate.der())); }

class BareMachine : public testing::Test {
 protected:
  [[nodiscard]] AttestationDocument document(Attester& attester, UnixSeconds now) {
    EXPECT_TRUE(prove_platform(attester)) << prove_platform(attester).error().detail;
    const auto epoch = EpochFactory::make({.software = {"minionsd", "0", "00"}}).value().epoch(1, now, random_).value();
    const auto batch =
        AttestedBatch::collect(collect_for_epoch(epoch, attester).value(), std::span(&nonce_, 1), attester, key_);
    return AttestationDocument::parse(as_bytes(batch.value().full(0))).value();
  }
  // Id of the first failing check, or "accepted".
  [[nodiscard]] std::string judge(const Result<AttestationDocument>& document, UnixSeconds now,
                                  const TrustAnchors& anchors = {}) {
    const auto policy =
        attestation::AppraisalPolicy::parse(
            "[verdict]\nrequire = \"operator-trusted\"\n[gpu]\ncount = 0\nrim = \"off\"\nocsp = \"off\"\n", "p.toml")
            .value()
            .with({.trusted_attestation_pem = key_.public_key().to_pem()})
            .value();
    const auto result = attestation::appraise(
        {.document = document, .nonce = nonce_, .policy = policy, .now = now, .anchors = anchors});
    return result.accepted() ? "accepted" : result.first_failure()->id;
  }

  crypto::SystemRandom random_;
  crypto::P384PrivateKey key_ = crypto::P384PrivateKey::generate();
  Nonce nonce_ = random_.bytes<32>();
};

class SnpMachine : public BareMachine {
 protected:
  SnpMachine() {
    tsm.answer = [this](ByteView inblob) {
      platform.put(0x50, inblob);
      Bytes report = platform.signed_report();
      if (change) change(report);
      return report;
    };
    tsm.aux = cert_table({{kVcekGuid, text_of(certificates[0])},
                          {turned(kAskGuid), text_of(certificates[1])},
                          {kArkGuid, text_of(certificates[2])}});
  }
  [[nodiscard]] std::unique_ptr<Attester> attester(DebugGuest debug = DebugGuest::kRefuse) {
    return make_snp_attester(tsm_snp_source(TsmReports(std::make_unique<FakeTsmFiles>(tsm))), debug);
  }

  snp::Platform platform;
  std::vector<crypto::Certificate> certificates = platform.certificates();
  std::vector<Digest32> roots = snp::root_of(certificates);
  FakeTsm tsm;
  std::function<void(Bytes&)> change;
};

TEST_F(SnpMachine, IsAcceptedUnderItsRootsAndRefusedUnderTheRealOnes) {
  const auto source = attester();
  EXPECT_EQ(source->platform(), "sev-snp");
  const Result<AttestationDocument> made = document(*source, snp::kNow);
  EXPECT_EQ(made->endorsements.at("certificates").size(), 3U);
  EXPECT_EQ(judge(made, snp::kNow, {.amd = roots}), "accepted");
  EXPECT_EQ(judge(made, snp::kNow), "evidence.sev-snp.chain.path");
}

TEST_F(SnpMachine, IsAcceptedWithItsGpusAndOnlyWithAllOfThem) {
  const FakeNvml fake("gpus=2");
  const auto source = with_gpus(attester(), make_nvml_source(Nvml::open(FakeNvml::path()).value()).value());
  const Result<AttestationDocument> made = document(*source, snp::kNow);
  ASSERT_EQ(made->evidence.size(), 3U);
  const std::vector<Digest32> gpu_roots = {fake.root()};
  const TrustAnchors anchors{.amd = roots, .nvidia_device = gpu_roots};
  EXPECT_EQ(judge(made, snp::kNow, anchors), "accepted");
  EXPECT_EQ(judge(made, snp::kNow, {.amd = roots}).substr(0, 25), "evidence.nvidia-gpu.chain");
  AttestationDocument without = *made;
  without.evidence.pop_back();
  EXPECT_NE(judge(without, snp::kNow, anchors), "accepted");
}

TEST_F(SnpMachine, LeavesOutWhatTheHostWroteWrong) {
  tsm.aux = cert_table({{kVcekGuid, text_of(certificates[0])}, {kAskGuid, "no certificate"}});
  EXPECT_EQ(document(*attester(), snp::kNow).endorsements.at("certificates").size(), 1U);
  tsm.aux.resize(30);
  EXPECT_TRUE(document(*attester(), snp::kNow).endorsements.empty());
}

TEST_F(SnpMachine, RefusesReportsOfAnotherSizeOrForOtherData) {
  for (const int by : {-1, 1}) {
    change = [by](Bytes& report) { report.resize(report.size() + static_cast<std::size_t>(by)); };
    EXPECT_FALSE(prove_platform(*attester())) << by;
  }
  change = [](Bytes& report) { report[0x50] ^= 1; };
  const Status other = prove_platform(*attester());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kTampered);
}

TEST_F(SnpMachine, RefusesADebuggableGuestUnlessTold) {
  platform.set<std::uint64_t>(0x08, 0xB0000);
  EXPECT_EQ(prove_platform(*attester()).error().code, ErrorCode::kRefused);
  const auto told = attester(DebugGuest::kAllow);
  EXPECT_TRUE(prove_platform(*told));
  EXPECT_EQ(judge(document(*told, snp::kNow), snp::kNow, {.amd = roots}), "evidence.sev-snp.policy.debug");
}

class TdxMachine : public BareMachine {
 protected:
  TdxMachine() {
    tsm.provider = "tdx_guest";
    tsm.has_aux = false;
    tsm.privlevel_floor.reset();
    tsm.answer = [this](ByteView inblob) {
      std::copy(inblob.begin(), inblob.end(), platform.body.report_data.begin());
      if (change) change(platform);
      latest = platform.evidence();
      return latest.quote;
    };
  }
  [[nodiscard]] std::unique_ptr<Attester> attester(DebugGuest debug = DebugGuest::kRefuse) {
    return make_tdx_attester(TsmReports(std::make_unique<FakeTsmFiles>(tsm)), debug);
  }

  intel::Platform platform;
  intel::TdxEvidence latest;
  FakeTsm tsm;
  std::function<void(intel::Platform&)> change;
};

TEST_F(TdxMachine, IsAcceptedUnderItsRootsAndRefusedUnderTheRealOnes) {
  AttestationDocument made = document(*attester(), intel::kNow);
  EXPECT_EQ(made.evidence.at(0).type, "tdx");
  made.endorsements = latest.collateral;
  EXPECT_EQ(judge(made, intel::kNow, {.intel = latest.roots}), "accepted");
  EXPECT_EQ(judge(made, intel::kNow).substr(0, 18), "evidence.tdx.chain");
}

TEST_F(TdxMachine, RefusesQuotesForOtherDataOrThatDoNotDecode) {
  change = [](intel::Platform& it) { it.body.report_data[0] ^= 1; };
  EXPECT_EQ(prove_platform(*attester()).error().code, ErrorCode::kTampered);
  change = nullptr;
  tsm.answer = [](ByteView) { return Bytes(); };
  EXPECT_EQ(prove_platform(*attester()).error().code, ErrorCode::kMalformed);
}

TEST_F(TdxMachine, RefusesADebuggableGuestUnlessTold) {
  platform.body.td_attributes |= attestation::td_attribute::kDebug;
  EXPECT_EQ(prove_platform(*attester()).error().code, ErrorCode::kRefused);
  EXPECT_TRUE(prove_platform(*attester(DebugGuest::kAllow)));
}

}  // namespace
}  // namespace minions::attester
