// The attester for Azure on a machine of the tests' own: a real TPM provisioned as Azure's, synthetic hardware, and an
// IMDS on loopback. What it collects is judged by the verifiers that clients run.
#include "attester/azure.h"

#include <gtest/gtest.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "attestation/core/jwt.h"
#include "attestation/core/verifier.h"
#include "attester/azure_machine.h"
#include "attester/fake_maa.h"
#include "attester/fake_vtpm.h"
#include "attester/swtpm.h"
#include "base/encoding.h"
#include "net/http_server.h"

namespace minions::attester {
namespace {

using namespace std::chrono_literals;
using attestation::BindingChain;
using attestation::Bound;
using attestation::Endorsements;
using attestation::Evidence;

// What IMDS and MAA would answer, by path; 404 for the rest.
class FakeServices {
 public:
  using Answer = std::function<std::string(ByteView request)>;

  FakeServices() {
    port_ = server_.listen({.handler = [this](net::HttpExchange& exchange) { return handle(exchange); }}).value();
  }
  void serve(const std::string& path, Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_[path] = std::move(answer);
  }
  void forget(const std::string& path) {
    const std::lock_guard lock(mutex_);
    answers_.erase(path);
  }
  [[nodiscard]] std::size_t asked(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count(asked_.begin(), asked_.end(), path));
  }
  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

 private:
  net::Task<void> handle(net::HttpExchange& exchange) {
    Bytes body;
    for (;;) {
      const auto piece = co_await exchange.read_body(net::deadline_in(10s));
      if (!piece || piece->empty()) break;
      append(body, *piece);
    }
    const std::string path(exchange.head().path());
    const bool is_metadata = net::find(exchange.head().headers, "metadata") == "true" || path.starts_with("/attest");
    std::string answer;
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(path);
      const auto found = answers_.find(path);
      if (found != answers_.end() && is_metadata) answer = found->second(body);
    }
    (void)co_await exchange.reply(answer.empty() ? 404 : 200, {}, as_bytes(answer));
  }

  mutable std::mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::vector<std::string> asked_;
  std::uint16_t port_ = 0;
  net::HttpServer server_{net::ServerOptions{}};  // last: its handler uses the rest
};

const std::string kCertification = "/metadata/THIM/amd/certification";
const std::string kTdQuote = "/acc/tdquote";

Bound some_bound() {
  Bound bound;
  bound.statement.fill(1);
  bound.nonces.fill(2);
  return bound;
}

// The first check that fails, or "accepted".
std::string judged(const attestation::EvidenceItem& item, const Evidence& evidence, const Endorsements& endorsements,
                   const attestation::PolicyRules& rules, UnixSeconds now, attestation::TrustAnchors anchors) {
  const Bound bound = some_bound();
  const BindingChain binding = attestation::binding_chain(bound.statement, bound.nonces, evidence).value();
  for (const auto& check : attestation::verify_evidence({.item = item,
                           .binding = binding,
                           .endorsements = endorsements,
                           .policy = rules,
                           .now = now,
                           .anchors = anchors})) {
    if (check.outcome == attestation::Outcome::kFail) return check.id + ": " + check.found;
  }
  return "accepted";
}

class AzureTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!Swtpm::is_installed()) GTEST_SKIP() << "swtpm is not installed";
    quiet_tpm_library();
    swtpm_.emplace();
    modulus_ = vtpm().make_signing_key(kAttestationKey);
  }

  void be_snp() {
    vtpm().put_nv(kHclReportIndex, snp_.hcl_report(modulus_));
    services_.serve(kCertification, [this](ByteView) { return snp_.imds_certification(); });
  }
  void be_tdx() {
    vtpm().put_nv(kHclReportIndex, tdx_.hcl_report(modulus_));
    services_.serve(kTdQuote, [this](ByteView request) {
      const auto report = from_base64url(Json::parse(as_text(request))["report"].get<std::string>());
      if (!report || *report != tdx_.td_report()) return std::string();
      return Json{{"quote", to_base64url(tdx_.evidence.quote)}}.dump();
    });
  }

  [[nodiscard]] FakeVtpm vtpm() const { return FakeVtpm(swtpm_->tcti()); }
  [[nodiscard]] AzureOptions options() const {
    return {.tcti = swtpm_->tcti(), .imds = services_.url(), .maa = std::nullopt};
  }
  [[nodiscard]] std::unique_ptr<Attester> attester() const { return make_azure_attester(options()).value(); }

  std::optional<Swtpm> swtpm_;
  Bytes modulus_;
  AzureSnpMachine snp_{attestation::synthetic_snp::kNow};
  AzureTdxMachine tdx_;
  FakeServices services_;
};

TEST_F(AzureTest, CollectsEvidenceOfSnpThatVerifies) {
  be_snp();
  const auto made = attester();
  EXPECT_EQ(made->platform(), "azure-snp-vtpm");
  EXPECT_TRUE(made->collect_gpus({})->empty());
  const auto endorsements = made->endorsements();
  ASSERT_TRUE(endorsements) << endorsements.error().detail;
  const auto evidence = made->collect(ReportData::of(some_bound()));
  ASSERT_TRUE(evidence) << evidence.error().detail;
  ASSERT_EQ(evidence->size(), 1U);
  EXPECT_TRUE(attestation::check_composition(*evidence));

  attestation::PolicyRules rules;
  rules.snp.pcrs[4].value = {Digest32{}};
  attestation::Measurement id_key;
  id_key.fill(0x1D);  // of the tests' own paravisor
  rules.snp.id_key_digests = attestation::Rule<std::vector<attestation::Measurement>>{{id_key}, "policy line 1"};
  const std::vector<Digest32> roots = attestation::synthetic_snp::root_of(snp_.certificates);
  const auto failure = [&](const attestation::PolicyRules& policy, attestation::TrustAnchors anchors) {
    return judged(evidence->front(), *evidence, *endorsements, policy, attestation::synthetic_snp::kNow, anchors);
  };
  EXPECT_EQ(failure(rules, {.amd = roots}), "accepted");
  EXPECT_TRUE(failure(rules, {}).starts_with("evidence.azure-snp-vtpm.chain.path"));
  rules.snp.pcrs[4].value[0].fill(9);
  EXPECT_TRUE(failure(rules, {.amd = roots}).starts_with("evidence.azure-snp-vtpm.policy.pcr.4"));
}

TEST_F(AzureTest, CollectsEvidenceOfTdxThatVerifies) {
  be_tdx();
  const auto made = attester();
  EXPECT_EQ(made->platform(), "azure-tdx-vtpm");
  EXPECT_TRUE(made->endorsements()->empty());  // Intel's collateral is fetched elsewhere
  const auto evidence = made->collect(ReportData::of(some_bound()));
  ASSERT_TRUE(evidence) << evidence.error().detail;

  const auto& genuine = tdx_.evidence;
  attestation::PolicyRules rules;
  rules.tdx = genuine.policy;
  rules.tdx.pcrs[4].value = {Digest32{}};
  rules.tdx.measurements =
      attestation::Rule<std::vector<attestation::Measurement>>{{tdx_.platform.body.mr_td}, "policy line 1"};
  EXPECT_EQ(judged(evidence->front(), *evidence, genuine.collateral, rules, genuine.now, {.intel = genuine.roots}),
            "accepted");
  EXPECT_NE(judged(evidence->front(), *evidence, genuine.collateral, rules, genuine.now, {}), "accepted");
}

TEST_F(AzureTest, AsksForAQuoteOncePerEpochAndReport) {
  be_tdx();
  const auto made = attester();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(made->collect(ReportData::of(some_bound())));
  EXPECT_EQ(services_.asked(kTdQuote), 1U);
  ASSERT_TRUE(made->endorsements());
  ASSERT_TRUE(made->collect(ReportData::of(some_bound())));
  EXPECT_EQ(services_.asked(kTdQuote), 2U);
  tdx_.platform.body.mr_td.fill(0x12);
  vtpm().write_nv(kHclReportIndex, tdx_.hcl_report(modulus_));
  ASSERT_TRUE(made->collect(ReportData::of(some_bound())));
  EXPECT_EQ(services_.asked(kTdQuote), 3U);
}

TEST_F(AzureTest, BindsEachCollectionToItsOwnValues) {
  be_snp();
  const auto made = attester();
  Bound other = some_bound();
  other.nonces.fill(3);
  const auto evidence = made->collect(ReportData::of(other));
  ASSERT_TRUE(evidence);
  attestation::PolicyRules rules;
  rules.snp.pcrs[4].value = {Digest32{}};
  EXPECT_TRUE(judged(evidence->front(), *evidence, made->endorsements().value(), rules,
                     attestation::synthetic_snp::kNow, {.amd = attestation::synthetic_snp::root_of(snp_.certificates)})
                  .starts_with("evidence.azure-snp-vtpm.binding.qualifying_data"));
}

TEST_F(AzureTest, RefusesAReportThatNamesAnotherKey) {
  Bytes other = modulus_;
  other[10] ^= 1;
  vtpm().put_nv(kHclReportIndex, snp_.hcl_report(other));
  const auto made = make_azure_attester(options());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kMalformed);
  EXPECT_TRUE(made.error().detail.starts_with("attestation key at 0x81000003: want the hcl report's, SHA-256 "))
      << made.error().detail;
}

TEST_F(AzureTest, RefusesAKeyThatWasSwappedLater) {
  be_snp();
  const auto made = attester();
  Bytes other = modulus_;
  other[10] ^= 1;
  vtpm().write_nv(kHclReportIndex, snp_.hcl_report(other));
  EXPECT_EQ(made->collect(ReportData::of(some_bound())).error().code, ErrorCode::kMalformed);
}

TEST_F(AzureTest, RefusesAMachineWithoutTheReport) {
  const auto missing = make_azure_attester(options());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().detail.find("0x01400001"), std::string::npos) << missing.error().detail;
  vtpm().put_nv(kHclReportIndex, Bytes(2048, 0x55));
  EXPECT_EQ(make_azure_attester(options()).error().code, ErrorCode::kMalformed);
}

TEST_F(AzureTest, RefusesAMachineWhoseHardwareChanged) {
  be_snp();
  const auto made = attester();
  vtpm().write_nv(kHclReportIndex, tdx_.hcl_report(modulus_));
  EXPECT_EQ(made->collect(ReportData::of(some_bound())).error().code, ErrorCode::kMalformed);
}

TEST_F(AzureTest, SaysThatTheMetadataServiceIsAbsent) {
  be_snp();
  services_.forget(kCertification);
  const auto endorsements = attester()->endorsements();
  ASSERT_FALSE(endorsements);
  EXPECT_EQ(endorsements.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(endorsements.error().detail.starts_with("imds: " + services_.url() + kCertification))
      << endorsements.error().detail;
}

TEST_F(AzureTest, KeepsTheCertificatesWhileTheMetadataServiceIsSilent) {
  be_snp();
  const auto made = attester();
  const auto first = made->endorsements();
  ASSERT_TRUE(first);
  services_.forget(kCertification);
  const auto second = made->endorsements();
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_EQ(*second, *first);
}

TEST_F(AzureTest, FailsATdxWithoutItsQuote) {
  be_tdx();
  services_.forget(kTdQuote);
  const auto evidence = attester()->collect(ReportData::of(some_bound()));
  ASSERT_FALSE(evidence);
  EXPECT_EQ(evidence.error().code, ErrorCode::kNotFound);
}

TEST_F(AzureTest, FailsOnceTheTpmIsGone) {
  be_snp();
  const auto made = attester();
  swtpm_->stop();
  const auto evidence = made->collect(ReportData::of(some_bound()));
  ASSERT_FALSE(evidence);
  EXPECT_EQ(evidence.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(evidence.error().detail.starts_with(swtpm_->tcti())) << evidence.error().detail;
}

TEST_F(AzureTest, BringsATokenWhereAnInstanceIsNamed) {
  be_snp();
  vtpm().put_nv(kAkCertificateIndex, snp_.certificates[0].der());
  const FakeMaa maa{.now = attestation::synthetic_snp::kNow};
  services_.serve("/attest/AzureGuest", [&](ByteView request) { return maa.answer(request).dump(); });
  AzureOptions with_maa = options();
  with_maa.maa = services_.url();
  const auto made = make_azure_attester(with_maa).value();
  const auto evidence = made->collect(ReportData::of(some_bound()));
  ASSERT_TRUE(evidence) << evidence.error().detail;
  ASSERT_EQ(evidence->size(), 2U);
  EXPECT_TRUE(attestation::check_composition(*evidence));
  EXPECT_EQ((*evidence)[1].type, "azure-maa");
  const auto token = attestation::Jwt::parse(as_text((*evidence)[1].part("token").value())).value();
  EXPECT_EQ(token.claims["x-ms-runtime"]["client-payload"]["nonce"],
            to_base64(as_bytes(to_hex(attestation::maa_nonce(some_bound())))));
}

TEST_F(AzureTest, FailsWhereTheNamedInstanceGivesNoToken) {
  be_snp();
  vtpm().put_nv(kAkCertificateIndex, snp_.certificates[0].der());
  AzureOptions with_maa = options();
  with_maa.maa = services_.url();
  const auto evidence = make_azure_attester(with_maa).value()->collect(ReportData::of(some_bound()));
  ASSERT_FALSE(evidence);
  EXPECT_TRUE(evidence.error().detail.starts_with("maa: ")) << evidence.error().detail;
}

TEST(Azure, RefusesAddressesThatAreNone) {
  EXPECT_EQ(make_azure_attester({.imds = "nowhere"}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(make_azure_attester({.maa = "http://instance.example"}).error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace minions::attester
