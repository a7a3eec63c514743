// Genuine reports of three generations of AMD's processors, and their certificates.
#include "attestation/amd/certificates.h"
#include "attestation/snp_evidence.h"

namespace minions::attestation {
namespace {

using namespace snp_evidence;

CheckList judge(const Case& evidence, ByteView report, const std::optional<ByteArray<64>>& report_data = {}) {
  CheckList checks("sev-snp");
  verify_sev_snp({.report = report,
                  .certificates = evidence.certificates,
                  .revocation_lists = evidence.revocation_lists,
                  .report_data = report_data,
                  .rules = evidence.rules,
                  .now = evidence.now},
                 checks);
  return checks;
}

std::string firmware(const SnpReport::FirmwareVersion& version) {
  return fmt::format("{}.{}.{}", version.major, version.minor, version.build);
}

void expect_fields(const SnpReport& report, const Json& want) {
  EXPECT_EQ(report.version, want["version"]);
  EXPECT_EQ(report.guest_svn, want["guest_svn"]);
  EXPECT_EQ(report.policy.raw, want["policy"]);
  EXPECT_EQ(report.policy.debug(), want["policy_debug"]);
  EXPECT_EQ(report.policy.migration_agent(), want["policy_migrate_ma"]);
  EXPECT_EQ(report.policy.smt(), want["policy_smt"]);
  EXPECT_EQ(to_hex(report.family_id), want["family_id"]);
  EXPECT_EQ(to_hex(report.image_id), want["image_id"]);
  EXPECT_EQ(report.vmpl, want["vmpl"]);
  EXPECT_EQ(to_hex(report.current_tcb), want["current_tcb"]);
  EXPECT_EQ(report.platform_info, want["platform_info"]);
  EXPECT_EQ(static_cast<int>(report.key_info.signing_key), want["signing_key"]);
  EXPECT_EQ(report.key_info.chip_key_masked, want["mask_chip_key"] != 0);
  EXPECT_EQ(report.key_info.author_key_enabled, want["author_key_en"] != 0);
  EXPECT_EQ(to_hex(report.report_data), want["report_data"]);
  EXPECT_EQ(to_hex(report.measurement), want["measurement"]);
  EXPECT_EQ(to_hex(report.host_data), want["host_data"]);
  EXPECT_EQ(to_hex(report.id_key_digest), want["id_key_digest"]);
  EXPECT_EQ(to_hex(report.author_key_digest), want["author_key_digest"]);
  EXPECT_EQ(to_hex(report.report_id), want["report_id"]);
  EXPECT_EQ(to_hex(report.report_id_ma), want["report_id_ma"]);
  EXPECT_EQ(to_hex(report.reported_tcb), want["reported_tcb"]);
  EXPECT_EQ(to_hex(report.chip_id), want["chip_id"]);
  EXPECT_EQ(to_hex(report.committed_tcb), want["committed_tcb"]);
  EXPECT_EQ(firmware(report.current_firmware), want["current_fw"]);
  EXPECT_EQ(firmware(report.committed_firmware), want["committed_fw"]);
  EXPECT_EQ(to_hex(report.launch_tcb), want["launch_tcb"]);
  EXPECT_EQ(report.cpuid.has_value(), want.contains("cpuid_fam_mod_step"));
  if (report.cpuid) {
    EXPECT_EQ(Json({report.cpuid->family, report.cpuid->model, report.cpuid->stepping}), want["cpuid_fam_mod_step"]);
  }
}

void expect_endorsement(const AmdEndorsement& endorsement, const Json& want) {
  const auto tcb = [&](SnpTcbComponent component) -> Json {
    const auto offset = snp_tcb_offset(endorsement.product, component);
    return offset ? Json(endorsement.tcb[*offset]) : Json();
  };
  EXPECT_EQ(tcb(SnpTcbComponent::kBootloader), want["bl"]);
  EXPECT_EQ(tcb(SnpTcbComponent::kTee), want["tee"]);
  EXPECT_EQ(tcb(SnpTcbComponent::kSnp), want["snp"]);
  EXPECT_EQ(tcb(SnpTcbComponent::kMicrocode), want["ucode"]);
  EXPECT_EQ(tcb(SnpTcbComponent::kFmc), want.value("fmc", Json()));
  EXPECT_EQ(endorsement.struct_version, want["struct"]);
  EXPECT_EQ(endorsement.product_name, want["product"]);
  EXPECT_EQ(to_hex(endorsement.hwid), want.value("hwid", ""));
  EXPECT_EQ(endorsement.csp_id, want.value("csp", ""));
}

class GenuineSnpReport : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    if (!is_here()) GTEST_SKIP() << "no genuine evidence beside the project";
  }
};

TEST_P(GenuineSnpReport, IsDecodedAndJudgedAsItsCaseSays) {
  const Case evidence(GetParam());
  const Bytes bytes = evidence.part("report.bin");
  const auto report = SnpReport::parse(bytes);
  ASSERT_TRUE(report) << report.error().detail;
  expect_fields(*report, evidence.expected());
  const auto endorsement = AmdEndorsement::parse(evidence.certificates.front());
  ASSERT_TRUE(endorsement) << endorsement.error().detail;
  expect_endorsement(*endorsement, evidence.expected()["leaf_extensions"]);
  expect_verdict(evidence, judge(evidence, bytes));
}

class AcceptedSnpReport : public GenuineSnpReport {};

TEST_P(AcceptedSnpReport, CarriesExactlyItsReportData) {
  const Case evidence(GetParam());
  const Bytes bytes = evidence.part("report.bin");
  ByteArray<64> report_data = SnpReport::parse(bytes)->report_data;
  EXPECT_EQ(failure(judge(evidence, bytes, report_data)), "accepted");
  report_data[63] ^= 1;
  EXPECT_EQ(failure(judge(evidence, bytes, report_data)), "binding.report_data");
}

TEST_P(AcceptedSnpReport, IsRefusedOutsideItsCertificatesValidity) {
  Case evidence(GetParam());
  const Bytes bytes = evidence.part("report.bin");
  const UnixSeconds first = evidence.certificates.front().not_before();
  const UnixSeconds last = evidence.certificates.front().not_after();
  for (const auto& [now, want] : std::map<UnixSeconds, std::string>{
           {first - 1, "chain.path"}, {first, "accepted"}, {last - 1, "accepted"}, {last, "chain.path"}}) {
    evidence.now = now;
    EXPECT_EQ(failure(judge(evidence, bytes)), want) << now - first << " s after notBefore";
  }
}

constexpr std::string_view kAccepted[] = {"snp-milan-v2", "snp-milan-v2-azure-bare", "snp-milan-v3-vlek-aws-vmpl1",
                                          "snp-genoa-v5", "snp-milan-v3-oak",        "snp-genoa-v3-tinfoil"};
constexpr std::string_view kRefused[] = {"snp-milan-v2-debug", "snp-milan-wrong-vcek"};
constexpr auto kName = [](const auto& cases) { return test_name(cases.param); };

INSTANTIATE_TEST_SUITE_P(Accepted, GenuineSnpReport, ::testing::ValuesIn(kAccepted), kName);
INSTANTIATE_TEST_SUITE_P(Refused, GenuineSnpReport, ::testing::ValuesIn(kRefused), kName);
INSTANTIATE_TEST_SUITE_P(Cases, AcceptedSnpReport, ::testing::ValuesIn(kAccepted), kName);

class GenuineSnp : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_here()) GTEST_SKIP() << "no genuine evidence beside the project";
  }
};

TEST_F(GenuineSnp, RefusesTheMutationsOfTheManifest) {
  int judged = 0;
  for (const Json& mutation : manifest()["mutations"]) {
    if (mutation["base"] != "snp-milan-v2") continue;
    const Case evidence("snp-milan-v2");
    const std::string found = failure(judge(evidence, mutated(mutation, evidence.part("report.bin"))));
    EXPECT_TRUE(in_groups(mutation, found)) << mutation["id"] << ": " << found;
    ++judged;
  }
  EXPECT_EQ(judged, 4);
}

TEST_F(GenuineSnp, RefusesEveryBitFlipOfAReport) {
  const Case evidence("snp-milan-v2");
  const Bytes genuine = evidence.part("report.bin");
  for (std::size_t bit = 0; bit < 8 * genuine.size(); ++bit) {
    const std::string found = failure(judge(evidence, with_bit_flipped(genuine, bit)));
    ASSERT_TRUE(found.starts_with("parse.") || found.starts_with("signature.") || found == "chain.certificate")
        << "bit " << bit << ": " << found;
  }
}

TEST_F(GenuineSnp, RefusesEveryTruncationAndATrailingByte) {
  const Case evidence("snp-milan-v2");
  Bytes bytes = evidence.part("report.bin");
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(SnpReport::parse(ByteView(bytes).first(size)));
  bytes.push_back(0);
  EXPECT_EQ(failure(judge(evidence, bytes)), "parse.snp_report");
}

TEST_F(GenuineSnp, RefusesAlteredCertificates) {
  Case evidence("snp-milan-v2-azure-bare");
  for (const std::string name : {"test-vcek-invalid-legacy.der", "test-vcek-invalid-new.der"}) {
    evidence.certificates.front() = crypto::Certificate::from_der(evidence.part(name)).value();
    EXPECT_NE(failure(judge(evidence, evidence.part("report.bin"))), "accepted") << name;
  }
}

TEST_F(GenuineSnp, AllowsDebuggingOnlyIfThePolicyDoes) {
  Case evidence("snp-milan-v2-debug");
  EXPECT_EQ(failure(judge(evidence, evidence.part("report.bin"))), "policy.debug");
  evidence.rules.allow_debug.value = true;
  EXPECT_EQ(failure(judge(evidence, evidence.part("report.bin"))), "accepted");
}

TEST_F(GenuineSnp, RefusesALowerPrivilegeLevelThanThePolicyWants) {
  Case evidence("snp-milan-v3-vlek-aws-vmpl1");
  evidence.rules.max_vmpl.value = 0;
  EXPECT_EQ(failure(judge(evidence, evidence.part("report.bin"))), "policy.vmpl");
}

TEST_F(GenuineSnp, RefusesAVlekThroughTheIntermediateOfVceks) {
  Case evidence("snp-milan-v3-vlek-aws-vmpl1");
  evidence.certificates[1] = pem("roots/amd_milan_ask.pem").front();
  EXPECT_EQ(failure(judge(evidence, evidence.part("report.bin"))), "chain.path");
}

TEST_F(GenuineSnp, TakesTheCertificateThatFitsAmongOthers) {
  Case evidence("snp-milan-v2");
  const Case other("snp-milan-v2-debug");
  evidence.certificates.insert(evidence.certificates.begin(), other.certificates.front());
  EXPECT_EQ(failure(judge(evidence, evidence.part("report.bin"))), "accepted");
}

// What the vendor publishes for everybody is built in.
TEST_F(GenuineSnp, NeedsNoAuthorityOfAmdBesideTheCertificateOfTheKey) {
  for (const char* id : {"snp-milan-v2", "snp-genoa-v5", "snp-milan-v3-vlek-aws-vmpl1"}) {
    Case evidence(id);
    ASSERT_GE(evidence.certificates.size(), 3U) << id;
    const auto all = evidence.certificates;
    evidence.certificates.pop_back();  // the ARK
    EXPECT_EQ(failure(judge(evidence, evidence.part("report.bin"))), "accepted") << id;
    evidence.certificates.pop_back();
    EXPECT_EQ(failure(judge(evidence, evidence.part("report.bin"))), "accepted") << id;
    // A chain that brings its own authorities is judged with them.
    evidence.certificates = {all[0], all[2]};
    EXPECT_EQ(failure(judge(evidence, evidence.part("report.bin"))), "chain.path") << id;
  }
}

TEST(BuiltInAmdChain, IsThatOfThePins) {
  for (const auto& [product, pin] :
       {std::pair{SnpProduct::kMilan, roots::kAmdMilan}, std::pair{SnpProduct::kGenoa, roots::kAmdGenoa},
        std::pair{SnpProduct::kTurin, roots::kAmdTurin}}) {
    const auto chain = built_in_amd_chain(product);
    ASSERT_EQ(chain.size(), 3U);
    EXPECT_EQ(chain[0].sha256(), pin);
    for (const auto& authority : chain.subspan(1)) {
      const auto path = crypto::verify_path(authority, chain, {.roots = {&pin, 1}, .now = 1'790'000'000});
      EXPECT_TRUE(path) << path.error().detail;
    }
    EXPECT_EQ(chain[1].subject_name(), fmt::format("SEV-{}", name_of(product)));
    EXPECT_EQ(chain[2].subject_name(), fmt::format("SEV-VLEK-{}", name_of(product)));
    // Of a product whose pin the policy replaced, nothing is taken.
    EXPECT_TRUE(with_built_in_chain({}, product, {}).empty());
  }
}

TEST_F(GenuineSnp, ReadsTheRevocationListsOfTheRoots) {
  Case evidence("snp-genoa-v3-tinfoil");
  evidence.now = time_of("2026-06-30T00:00:00Z");
  const auto add = [&](const std::string& path) {
    evidence.revocation_lists.push_back(crypto::RevocationList::from_der(file(path)).value());
  };
  add("roots/amd_milan_crl.der");  // of another root: it says nothing here
  EXPECT_EQ(failure(judge(evidence, evidence.part("report.bin"))), "accepted");
  add("roots/amd_genoa_crl.der");  // until 2025-11-03
  EXPECT_EQ(failure(judge(evidence, evidence.part("report.bin"))), "chain.revocation");

  Case milan("snp-milan-v3-oak");
  milan.revocation_lists = evidence.revocation_lists;
  const CheckList checks = judge(milan, milan.part("report.bin"));
  EXPECT_EQ(failure(checks), "accepted");
  EXPECT_NE(text_of(checks).find("none in 1 lists"), std::string::npos) << text_of(checks);
}

CheckList judge_certificate(const Case& evidence) {
  CheckList checks("amd-vcek-cert");
  verify_amd_endorsement({.leaf = evidence.certificates.front(),
                          .certificates = evidence.certificates,
                          .revocation_lists = {},
                          .now = evidence.now},
                         checks);
  return checks;
}

// Every byte of a certificate is signed or is the signature.
TEST_F(GenuineSnp, RefusesEveryBitFlipOfACertificate) {
  Case evidence("snp-milan-v2");
  const Bytes genuine = evidence.certificates.front().der();
  ASSERT_EQ(failure(judge_certificate(evidence)), "accepted");
  for (std::size_t bit = 0; bit < 8 * genuine.size(); ++bit) {
    const auto certificate = crypto::Certificate::from_der(with_bit_flipped(genuine, bit));
    if (!certificate) continue;
    evidence.certificates.front() = *certificate;
    ASSERT_NE(failure(judge_certificate(evidence)), "accepted") << "bit " << bit;
  }
}

TEST_F(GenuineSnp, VerifiesATurinCertificateAlone) {
  Case evidence("snp-turin-vcek-cert-only");
  const auto endorsement = AmdEndorsement::parse(evidence.certificates.front());
  ASSERT_TRUE(endorsement) << endorsement.error().detail;
  expect_endorsement(*endorsement, evidence.expected()["extensions"]);
  EXPECT_EQ(evidence.certificates.front().issuer_name(), evidence.expected()["issuer"]);
  expect_verdict(evidence, judge_certificate(evidence));
  evidence.certificates.back() = pem("roots/amd_milan_ark.pem").front();
  EXPECT_EQ(failure(judge_certificate(evidence)), "chain.path");
}

}  // namespace
}  // namespace minions::attestation
