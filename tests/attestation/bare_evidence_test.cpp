// Evidence among files: by the verifiers, roots and rules of a document, without one around it.
#include <gtest/gtest.h>

#include "attestation/core/appraise.h"
#include "attestation/synthetic_snp.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

using namespace synthetic_snp;

struct Files {
  Platform platform;
  Evidence evidence;
  Endorsements endorsements;
  Digest32 root{};

  Files() {
    evidence = {{"sev-snp", {{"report", platform.signed_report()}}}};
    const auto certificates = platform.certificates();
    for (const auto& certificate : certificates)
      endorsements[std::string(endorsement::kCertificates)].push_back(certificate.der());
    root = root_of(certificates).front();
  }
  [[nodiscard]] std::vector<Check> judged(const std::string& policy, EvidenceBinding binding = {}) const {
    const AppraisalPolicy parsed = AppraisalPolicy::parse(policy, "p.toml").value();
    return judge_bare_evidence({evidence, endorsements, std::move(binding)}, {parsed, nullptr}, kNow);
  }
  [[nodiscard]] std::string own_roots() const { return fmt::format("[roots]\namd = \"{}\"\n", to_hex(root)); }
  [[nodiscard]] std::string unpinned() const { return own_roots() + "[verdict]\nrequire = \"operator-trusted\"\n"; }
  [[nodiscard]] std::string pinned() const {
    return unpinned() + "[attestor]\nspki_sha256 = \"" + std::string(64, 'a') + "\"\n";
  }
  // Its last table is [snp].
  [[nodiscard]] std::string trusted() const {
    const Bytes& report = evidence.front().data.at("report");
    return unpinned() + fmt::format("[snp]\nmeasurements = \"{}\"\ncovers = \"kernel\"\n",
                                    to_hex(std::span(report).subspan(0x90, 48)));
  }
};

const Check* find(const std::vector<Check>& checks, std::string_view id, std::size_t place = 0) {
  for (const Check& check : checks) {
    if (check.id == id && place-- == 0) return &check;
  }
  return nullptr;
}

std::string first_failure(const std::vector<Check>& checks) {
  for (const Check& check : checks) {
    if (check.outcome == Outcome::kFail) return check.id;
  }
  return "none";
}

TEST(BareEvidence, IsHeldAgainstTheRootsOfThePolicyWhichAreShown) {
  const Files files;
  const auto own = files.judged(files.trusted());
  EXPECT_EQ(first_failure(own), "none");
  ASSERT_NE(find(own, "policy.roots"), nullptr);
  EXPECT_EQ(find(own, "policy.roots")->outcome, Outcome::kWaived);
  EXPECT_EQ(first_failure(files.judged("")), "evidence.sev-snp.chain.path");
  const auto other = files.judged("[roots]\namd = \"" + std::string(64, 'a') + "\"\n");
  EXPECT_EQ(first_failure(other), "evidence.sev-snp.chain.path");
  EXPECT_EQ(find(other, "evidence.sev-snp.chain.path")->source, "policy.roots, policy line 2");
}

TEST(BareEvidence, JudgesEachReport) {
  Files files;
  files.evidence.push_back(files.evidence.front());
  files.evidence.back().data["report"][0x1f0] ^= 1;
  const auto checks = files.judged(files.own_roots());
  EXPECT_EQ(find(checks, "evidence.sev-snp.signature.snp_report", 0)->outcome, Outcome::kPass);
  EXPECT_EQ(first_failure(checks).substr(0, 26), "evidence.sev-snp.signature");
}

TEST(BareEvidence, MustCarryWhatIsKnownOfItsBinding) {
  const Files files;
  EvidenceBinding binding;
  binding.cpu_report_data.emplace();
  binding.cpu_report_data->fill(7);
  const auto checks = files.judged(files.own_roots(), binding);
  EXPECT_EQ(first_failure(checks), "evidence.sev-snp.binding.report_data");
  EXPECT_EQ(find(files.judged(files.own_roots()), "evidence.sev-snp.binding.report_data")->outcome, Outcome::kWaived);
}

TEST(BareEvidence, JudgesRulesAboutWhatIsMissing) {
  const Files files;
  EXPECT_EQ(first_failure(files.judged(files.own_roots() + "[gpu]\ncount = 1\n")), "gpu.count");
  const auto without_token = files.judged(files.own_roots() + "[gpu]\nnras = \"require\"\n");
  EXPECT_EQ(first_failure(without_token), "gpu.count");  // a rule about GPUs wants one
  EXPECT_EQ(find(without_token, "gpu.nras")->outcome, Outcome::kFail);
  EXPECT_EQ(first_failure(files.judged(files.own_roots() + "[jwt]\nmaa = \"require\"\n")), "azure.maa");
}

// A folder with a GPU's report alone cannot meet a rule about the machine around it.
TEST(BareEvidence, FailsRulesAboutAMachineWhereThereIsNone) {
  Files files;
  files.evidence = {{"nvidia-gpu", {}}};
  const std::string wanted = "[verdict]\nrequire = \"confidential\"\n";
  for (const std::string& rule : {std::string("[platform]\nkinds = \"tdx\"\n"), wanted}) {
    const auto checks = files.judged(rule);
    const Check* const judged = find(checks, rule == wanted ? "verdict.class" : "platform.kind");
    ASSERT_NE(judged, nullptr) << rule;
    EXPECT_EQ(judged->outcome, Outcome::kFail) << rule;
    EXPECT_TRUE(judged->source.starts_with("policy line")) << judged->source;
  }
  const auto unnamed = files.judged("");
  ASSERT_NE(find(unnamed, "verdict.class"), nullptr);
  EXPECT_EQ(find(unnamed, "verdict.class")->outcome, Outcome::kWaived);
}

TEST(BareEvidence, JudgesKindAndClassOfEachMachine) {
  Files files;
  files.evidence.push_back({"tdx", {}});
  const auto checks = files.judged(files.own_roots() + "[platform]\nkinds = \"sev-snp\"\n");
  ASSERT_NE(find(checks, "platform.kind", 1), nullptr);
  EXPECT_EQ(find(checks, "platform.kind", 0)->outcome, Outcome::kPass);
  EXPECT_EQ(find(checks, "platform.kind", 1)->outcome, Outcome::kFail);
  const auto classes = files.judged(files.own_roots() + "[verdict]\nrequire = \"confidential\"\n");
  ASSERT_NE(find(classes, "verdict.class", 1), nullptr);
  EXPECT_EQ(find(classes, "verdict.class", 1)->outcome, Outcome::kFail);
}

TEST(BareEvidence, WaivesRulesOfStatementsInSight) {
  const Files files;
  EXPECT_EQ(find(files.judged(files.own_roots()), "attestor.key"), nullptr);
  const auto checks = files.judged(files.own_roots() + "[attestor]\nspki_sha256 = \"" + std::string(64, 'a') +
                                   "\"\n[tls]\nmode = \"require\"\n[models]\nids = [\"m\"]\n");
  for (const char* id : {"attestor.key", "tls.spki", "models.ids"}) {
    ASSERT_NE(find(checks, id), nullptr) << id;
    EXPECT_EQ(find(checks, id)->outcome, Outcome::kWaived) << id;
  }
  EXPECT_NE(find(checks, "tls.spki")->source.find("policy line"), std::string::npos);
  const auto weights = files.judged(files.own_roots() + "[models.weights]\na = \"" + std::string(64, 'a') +
                                    "\"\nb = \"" + std::string(64, 'b') + "\"\n");
  EXPECT_TRUE(find(weights, "models.weights", 0)->source.starts_with("policy line 4"));
  ASSERT_NE(find(weights, "models.weights", 1), nullptr) << "each line is named";
  EXPECT_TRUE(find(weights, "models.weights", 1)->source.starts_with("policy line 5"));
}

// Anybody has some genuine machine, and some with the same firmware.
TEST(BareEvidence, HasNoClassWhereThePolicyNamesNothingOfTheMachinesOwn) {
  const Files files;
  const std::string measurement = fmt::format("[snp]\nmeasurements = \"{}\"\n", std::string(96, 'a'));
  EXPECT_EQ(first_failure(files.judged(files.unpinned())), "verdict.class");
  const auto firmware = files.judged(files.unpinned() + measurement);
  EXPECT_EQ(find(firmware, "verdict.class")->outcome, Outcome::kFail);
  EXPECT_NE(find(firmware, "verdict.class")->found.find("no class"), std::string::npos);
  const auto kernel = files.judged(files.unpinned() + measurement + "covers = \"kernel\"\n");
  EXPECT_EQ(find(kernel, "verdict.class")->outcome, Outcome::kPass) << find(kernel, "verdict.class")->found;
  EXPECT_EQ(find(files.judged(files.pinned() + measurement), "verdict.class")->outcome, Outcome::kFail)
      << "no file is signed by the pinned key";
}

// No statement is with them, which would bind a GPU to the machine and say what computes.
TEST(BareEvidence, IsNeverConfidential) {
  const Files files;
  const auto checks = files.judged(files.own_roots() + "[snp]\nmeasurements = \"" + std::string(96, 'a') +
                                   "\"\ncovers = \"root\"\n[gpu]\ncount = 2\nrim = \"require\"\n");
  EXPECT_EQ(find(checks, "verdict.class")->outcome, Outcome::kFail);
  EXPECT_NE(find(checks, "verdict.class")->found.find("no statement is with the files"), std::string::npos);
}

TEST(BareEvidence, TakesTheWaiversOfThePolicy) {
  Files files;
  const std::string floor = "[snp.min_tcb]\nmicrocode = 255\n";
  EXPECT_EQ(first_failure(files.judged(files.own_roots() + floor)), "evidence.sev-snp.tcb.microcode");
  EXPECT_EQ(first_failure(files.judged(files.trusted() + floor + "[waive]\n\"evidence.sev-snp.tcb\" = \"soon\"\n")),
            "none");
}

}  // namespace
}  // namespace minions::attestation
