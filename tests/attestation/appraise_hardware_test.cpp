// The whole way of hardware evidence: a document whose report carries what the protocol binds, on a platform of the
// test's own.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "attestation/core/appraise.h"
#include "attestation/synthetic_snp.h"
#include "attestation/vectors.h"
#include "base/encoding.h"
#include "crypto/ecdsa.h"
#include "support/paths.h"

namespace minions::attestation {
namespace {

using namespace synthetic_snp;

constexpr std::size_t kReportDataAt = 0x50;
constexpr std::size_t kMeasurementAt = 0x90;

Statement statement_now() {
  Statement statement = Statement::parse(as_bytes(text(vectors()["statement"]["bytes"]))).value();
  statement.not_before = kNow - 10;
  statement.not_after = kNow + 890;
  return statement;
}

struct HardwareDocument {
  Platform platform;
  crypto::P384PrivateKey attestor = crypto::P384PrivateKey::generate();
  Statement statement = statement_now();
  Nonce nonce = document_nonce();
  std::optional<ReportData64> report_data;  // another than the protocol's
  std::string policy;
  std::string require = "operator-trusted";
  bool pinned = true;
  std::string text;           // of the last result
  std::string root_key;       // of [roots], where the policy replaces pins by the platform's; else the anchors do
  Endorsements endorsements;  // beside the platform's certificates

  HardwareDocument() { platform.put(kMeasurementAt, Bytes(48, 0xAA)); }

  [[nodiscard]] std::string failure() {
    AttestationDocument document;
    document.statement = to_bytes(statement.to_json());
    document.nonce = nonce;
    document.nonce_proof = Proof();
    document.evidence = {{"sev-snp", {}}};
    const BindingChain chain =
        binding_chain(statement_digest(*document.statement), merkle_leaf(nonce), document.evidence).value();
    platform.put(kReportDataAt, report_data.value_or(chain.cpu_report_data));
    document.evidence[0].data["report"] = platform.signed_report();
    const auto certificates = platform.certificates();
    document.endorsements = endorsements;
    for (const auto& certificate : certificates)
      document.endorsements[std::string(endorsement::kCertificates)].push_back(certificate.der());
    document.operator_signature = {attestor.public_key().to_pem(), attestor.sign(chain.operator_input)};
    const auto roots = root_of(certificates);
    if (!root_key.empty()) policy = fmt::format("[roots]\n{} = \"{}\"\n", root_key, to_hex(roots.front()));
    AppraisalPolicy appraisal_policy =
        AppraisalPolicy::parse(fmt::format("{}\n[verdict]\nrequire = \"{}\"\n", policy, require), "p.toml").value();
    if (pinned) {
      appraisal_policy = appraisal_policy.with({.trusted_attestation_pem = attestor.public_key().to_pem()}).value();
    }
    const Result<AttestationDocument> parsed = std::move(document);
    TrustAnchors anchors;
    if (root_key.empty()) anchors.amd = roots;
    const AttestationResult result = appraise(
        {.document = parsed, .nonce = document_nonce(), .policy = appraisal_policy, .now = kNow, .anchors = anchors});
    EXPECT_EQ(result.accepted(), result.first_failure() == nullptr);
    EXPECT_FALSE(result.simulated);
    text = result.to_text();
    return result.accepted() ? "accepted" : result.first_failure()->id;
  }
};

const std::string kMeasured = "[snp]\nmeasurements = [\"" + std::string(96, 'a') + "\"]\n";
const std::string kComplete = kMeasured + "covers = \"root\"\nmin_tcb = { microcode = 1 }\n[gpu]\nnone = true\n";

TEST(AppraiseHardware, AcceptsABoundReport) {
  EXPECT_EQ(HardwareDocument().failure(), "accepted");
  HardwareDocument measured;
  measured.pinned = false;
  measured.policy = kComplete;
  measured.require = "confidential";
  for (ModelEntry& model : measured.statement.models) model.compute = ModelEntry::Compute::kCpu;
  EXPECT_EQ(measured.failure(), "accepted") << measured.text;
  EXPECT_EQ(measured.text.find("accepted: confidential\n"), 0U) << measured.text;
}

TEST(AppraiseHardware, RefusesWhatIdentifiesFirmwareAloneWithoutAnOperatorsKey) {
  HardwareDocument document;
  document.pinned = false;
  document.policy = kMeasured;
  EXPECT_EQ(document.failure(), "verdict.class");
  EXPECT_NE(document.text.find("no class: "), std::string::npos) << document.text;
  document.pinned = true;
  EXPECT_EQ(document.failure(), "accepted");
  EXPECT_EQ(document.text.find("accepted: operator-trusted\n"), 0U) << document.text;
}

TEST(AppraiseHardware, SaysWhatIsMissingForTheBestClass) {
  HardwareDocument document;
  document.require = "confidential";
  document.policy = kMeasured;
  EXPECT_EQ(document.failure(), "verdict.class");
  for (const char* part : {"[snp] covers = \"root\"", "add [gpu] count", "[verdict] require = \"operator-trusted\""})
    EXPECT_NE(document.text.find(part), std::string::npos) << part << document.text;
  document.policy = kComplete;  // and a statement that does not say where the model computes
  EXPECT_EQ(document.failure(), "verdict.class");
  EXPECT_NE(document.text.find("does not say that the model"), std::string::npos) << document.text;
}

TEST(AppraiseHardware, WantsAMeasurementOrAPinnedKey) {
  HardwareDocument document;
  document.pinned = false;
  EXPECT_EQ(document.failure(), "measurement");
}

TEST(AppraiseHardware, RefusesAReportThatIsBoundToSomethingElse) {
  HardwareDocument document;
  document.report_data.emplace();
  EXPECT_EQ(document.failure().substr(0, 24), "evidence.sev-snp.binding");
}

TEST(AppraiseHardware, TakesNoMeasurementOfAnotherKindOfMachine) {
  HardwareDocument document;
  document.pinned = false;
  for (const bool pinned : {false, true}) {  // an operator's key opens no kind that the policy closes
    document.pinned = pinned;
    document.policy = "[tdx]\nmeasurements = [\"" + std::string(96, 'a') + "\"]\n";
    EXPECT_EQ(document.failure(), "platform.kind");
    document.policy = "[snp.pcrs]\n4 = \"" + std::string(64, 'a') + "\"\n";
    EXPECT_EQ(document.failure(), "platform.kind");
  }
}

TEST(AppraiseHardware, WantsTheKindSaidWhereATableServesTwo) {
  HardwareDocument document;
  document.policy = kMeasured + "[snp.pcrs]\n4 = \"" + std::string(64, 'a') + "\"\n";
  EXPECT_EQ(document.failure(), "platform.kind");
  EXPECT_NE(document.text.find("add [platform] kinds = [\"sev-snp\"]"), std::string::npos) << document.text;
  document.policy += "[platform]\nkinds = [\"sev-snp\"]\n";
  EXPECT_EQ(document.failure(), "policy.snp") << "a report has no PCRs";
  document.policy = "[platform]\nkinds = [\"tdx\"]\n";
  EXPECT_EQ(document.failure(), "platform.kind");
}

TEST(AppraiseHardware, WaivesATcbWithItsReason) {
  HardwareDocument document;
  document.policy = "[snp.min_tcb]\nmicrocode = 255\n";
  EXPECT_EQ(document.failure(), "evidence.sev-snp.tcb.microcode");
  document.policy += "[waive]\n\"evidence.sev-snp.tcb\" = \"firmware comes in March\"\n";
  EXPECT_EQ(document.failure(), "accepted");
  EXPECT_NE(
      document.text.find(
          "waived  sev-snp tcb microcode: policy line 4: \"firmware comes in March\" (found 0xdb, by policy line 2)"),
      std::string::npos)
      << document.text;
}

TEST(AppraiseHardware, SaysWhatAReportIsBoundTo) {
  const auto told = [](const ReportData64& data) {
    HardwareDocument document;
    document.report_data = data;
    EXPECT_EQ(document.failure(), "evidence.sev-snp.binding.report_data");
    return document.text;
  };
  EXPECT_NE(told({}).find("sev-snp binding report data: want R "), std::string::npos);
  EXPECT_NE(told({}).find("(bound to nothing)"), std::string::npos);
  ReportData64 other;
  other.fill(7);
  EXPECT_NE(told(other).find("(bound to another statement, nonce or evidence)"), std::string::npos);
  const Bound without_nonce{.statement = statement_digest(as_bytes(statement_now().to_json()))};
  EXPECT_NE(told(cpu_report_data(without_nonce, {})).find("(bound to this statement without this nonce (M))"),
            std::string::npos);
}

TEST(AppraiseHardware, AsksForTokensWhereThePolicyDoes) {
  HardwareDocument document;
  document.policy = "[gpu]\ncount = 0\nnras = \"require\"\n";
  EXPECT_EQ(document.failure(), "gpu.nras");
  document.policy = "[jwt]\nmaa = \"require\"\n";
  EXPECT_EQ(document.failure(), "azure.maa");
  document.policy = "[gpu]\ncount = 0\nnras = \"off\"\n[jwt]\nmaa = \"off\"\n";
  EXPECT_EQ(document.failure(), "accepted");
}

TEST(AppraiseHardware, WantsAGpuWhereThePolicySpeaksOfGpus) {
  HardwareDocument document;
  for (const std::string rule : {"min_driver = \"550.90.07\"", "ocsp = \"off\"", "require_secboot = true"}) {
    document.policy = "[gpu]\n" + rule + "\n";
    EXPECT_EQ(document.failure(), "gpu.count") << rule;
  }
  EXPECT_NE(document.text.find("gpu.count: want at least 1, which require_secboot is about (policy line 2), found 0"),
            std::string::npos)
      << document.text;
  document.policy += "[waive]\n\"gpu.count\" = \"the gpus come in May\"\n";
  EXPECT_EQ(document.failure(), "accepted");
  document.policy = "[gpu]\nnone = true\n";
  EXPECT_EQ(document.failure(), "accepted");
  EXPECT_NE(document.text.find("gpu.count: none"), std::string::npos) << document.text;
}

TEST(AppraiseHardware, RefusesAnotherMeasurement) {
  HardwareDocument document;
  document.policy = kMeasured;
  document.platform.put(kMeasurementAt, Bytes(48, 0xAB));
  EXPECT_EQ(document.failure().substr(0, 23), "evidence.sev-snp.policy");
}

TEST(AppraiseHardware, RefusesADebuggableGuest) {
  HardwareDocument document;
  document.platform.set<std::uint64_t>(0x08, 0xB0000);
  EXPECT_EQ(document.failure(), "evidence.sev-snp.policy.debug");
}

TEST(AppraiseHardware, TrustsTheRootsOfThePolicyInPlaceOfThePins) {
  HardwareDocument document;
  document.root_key = "amd";
  EXPECT_EQ(document.failure(), "accepted");
  document.root_key = "intel";
  EXPECT_EQ(document.failure(), "evidence.sev-snp.chain.path");
}

TEST(AppraiseHardware, TrustsThePinsAloneUnlessToldOtherwise) {
  const TrustAnchors anchors;
  EXPECT_EQ(anchors.amd.size(), 3U);
  EXPECT_EQ(anchors.intel.size(), 1U);
  EXPECT_EQ(anchors.nvidia_device.size(), 1U);
  EXPECT_EQ(anchors.nvidia_rim.size(), 1U);
}

std::string pem_of(ByteView der, std::string_view label) {
  return fmt::format("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", label, to_base64(der));
}

TEST(AppraiseHardware, JudgesListsInPemAsInDer) {
  for (const bool revoked : {false, true}) {
    for (const bool pem : {false, true}) {
      HardwareDocument document;
      RevocationSpec list{.issuer = "ARK-Milan", .signer = document.platform.ark.key};
      if (revoked) list.serials = {document.platform.ask.serial};
      document.endorsements["revocation_lists"] = {pem ? to_bytes(pem_of(list.der(), "X509 CRL")) : list.der()};
      EXPECT_EQ(document.failure(), revoked ? "evidence.sev-snp.chain.revocation" : "accepted") << document.text;
    }
  }
}

TEST(AppraiseHardware, RefusesEndorsementsThatCannotBeRead) {
  for (const auto& [name, bytes] : std::map<std::string, std::string>{
           {"revocation_lists", "junk"},
           {"certificates", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}}) {
    HardwareDocument document;
    document.endorsements[name] = {to_bytes(bytes)};
    EXPECT_EQ(document.failure(), "evidence.sev-snp.parse.endorsements") << name;
    EXPECT_NE(document.text.find(name + "[0]: "), std::string::npos) << document.text;
  }
}

// The cases of a review, as they stand beside the project.
struct SharedDocument {
  std::filesystem::path folder;
  std::string document;
  std::string policy;

  [[nodiscard]] AttestationResult appraised() const {
    const auto read = [&](const std::string& name) {
      std::ifstream in(folder / name, std::ios::binary);
      EXPECT_TRUE(in) << name;
      return std::string(std::istreambuf_iterator<char>(in), {});
    };
    const auto parsed = AttestationDocument::parse(as_bytes(read(document)));
    // Their policies are from before verdicts had classes.
    const auto rules =
        AppraisalPolicy::parse(read(policy) + "\n[verdict]\nrequire = \"operator-trusted\"\n", policy).value();
    constexpr UnixSeconds kMarch = 1'772'323'200;  // 2026-03-01
    return appraise({.document = parsed, .nonce = parsed->nonce, .policy = rules, .now = kMarch});
  }
};

TEST(AppraiseHardware, JudgesTheSharedCasesOfRevocation) {
  const auto cases = test::shared_folder() / "cases" / "evidence";
  if (!std::filesystem::exists(cases)) GTEST_SKIP() << "the cases are not beside the project";
  const auto failure = [](const SharedDocument& document) {
    const AttestationResult result = document.appraised();
    return result.first_failure() == nullptr ? std::string("accepted") : result.first_failure()->id;
  };
  const auto crl = cases / "crl-pem-ignored";
  EXPECT_EQ(failure({crl, "crlt_der.json", "crlt.toml"}), "evidence.sev-snp.chain.revocation");
  EXPECT_EQ(failure({crl, "crlt_pem.json", "crlt.toml"}), "evidence.sev-snp.chain.revocation");
  const auto rim = cases / "rim-signer-revoked";
  EXPECT_EQ(failure({rim, "rim_good.json", "rim_good.toml"}), "accepted");
  const SharedDocument hold{rim, "rim_hold.json", "rim_hold.toml"};
  EXPECT_TRUE(failure(hold).starts_with("evidence.nvidia-gpu.policy.ocsp.")) << failure(hold);
  EXPECT_NE(hold.appraised().to_text().find("on hold"), std::string::npos);
}

}  // namespace
}  // namespace minions::attestation
