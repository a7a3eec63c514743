#include "attestation/policy/rule_coverage.h"

#include <gtest/gtest.h>

namespace minions::attestation {
namespace {

using Kinds = KindsAtHand;

const std::string kDigest32 = std::string(64, 'a');
const std::string kDigest48 = std::string(96, 'a');

std::string accounted_on(const std::string& toml, const std::vector<Kinds>& machines) {
  std::string out;
  for (const Check& check : account_for_rules(AppraisalPolicy::parse(toml, "p.toml").value().rules(), machines)) {
    EXPECT_TRUE(check.outcome == Outcome::kFail || check.outcome == Outcome::kWaived);
    out += fmt::format("{}{} {}: {}\n", check.outcome == Outcome::kFail ? "FAIL " : "", check.id, check.expected,
                       check.outcome == Outcome::kFail ? check.found : check.source);
  }
  return out;
}

std::string accounted(const std::string& toml, const Kinds& kinds) { return accounted_on(toml, {kinds}); }

const std::string kPcr = "[snp] pcrs.4 judged: nothing in this evidence is held against it\n";

TEST(RuleCoverage, FailsARuleOfAVtpmWhereThereIsNone) {
  const std::string policy =
      "[snp]\nmeasurements = \"" + kDigest48 + "\"\nvmpl = 0\n[snp.pcrs]\n4 = \"" + kDigest32 + "\"\n";
  EXPECT_EQ(accounted(policy, {"sev-snp"}), "FAIL policy.snp " + kPcr);
  EXPECT_EQ(accounted(policy, {"azure-snp-vtpm"}), "");
  EXPECT_EQ(accounted(policy, {"azure-hcl"}), "FAIL policy.snp " + kPcr);
  EXPECT_EQ(accounted(policy, {"azure-hcl", "tpm2-quote"}), "");
  EXPECT_NE(accounted("[tdx]\nrequire_secure_boot = true\n", {"tdx"}), "");
  EXPECT_EQ(accounted("[tdx]\nrequire_secure_boot = true\n", {"azure-tdx-vtpm"}), "");
}

// All on one line: each has its own name.
TEST(RuleCoverage, TakesNoRuleForAnother) {
  const std::string policy = "snp = { vmpl = 0, require_secure_boot = true, pcrs = { 4 = \"" + kDigest32 + "\" } }\n";
  EXPECT_EQ(accounted(policy, {"sev-snp"}),
            "FAIL policy.snp [snp] require_secure_boot judged: nothing in this evidence is held against it\n"
            "FAIL policy.snp " +
                kPcr);
}

TEST(RuleCoverage, WaivesWhatIsOfAKindThatIsLetInToo) {
  const std::string policy = "[snp.pcrs]\n4 = \"" + kDigest32 + "\"\n[platform]\nkinds = [";
  EXPECT_EQ(accounted(policy + "\"sev-snp\", \"azure-snp-vtpm\"]\n", {"sev-snp"}),
            "policy.snp [snp] pcrs.4 judged: policy line 2: nothing in this evidence is judged by it\n");
  EXPECT_EQ(accounted(policy + "\"sev-snp\"]\n", {"sev-snp"}), "FAIL policy.snp " + kPcr);
  EXPECT_EQ(accounted(policy + "\"sev-snp\", \"azure-tdx-vtpm\"]\n", {"sev-snp"}), "FAIL policy.snp " + kPcr);
}

TEST(RuleCoverage, KnowsWhatATokenStates) {
  const std::string policy = "[snp]\nmeasurements = \"" + kDigest48 + "\"\nmin_guest_svn = 9\n";
  EXPECT_EQ(accounted(policy, {"azure-maa", "azure-maa+snp"}),
            "FAIL policy.snp [snp] min_guest_svn judged: nothing in this evidence is held against it\n");
  const std::string gpu =
      "[gpu]\nmin_driver = \"550.1\"\nrim = \"require\"\n[jwt]\nnras_issuer = \"https://a.example\"\n";
  EXPECT_EQ(accounted(gpu, {"sev-snp", "nvidia-nras"}),
            "policy.gpu [gpu] rim judged: policy line 3: nothing in this evidence is judged by it\n");
  EXPECT_EQ(accounted(gpu, {"sev-snp", "nvidia-gpu"}),
            "policy.jwt [jwt] nras_issuer judged: policy line 5: nothing in this evidence is judged by it\n");
}

// A token may be about another machine, or of another kind of one, or not looked at.
TEST(RuleCoverage, LetsATokenSpeakForNoMachine) {
  const std::string policy = "[snp]\nrequire_secure_boot = true\n";
  EXPECT_EQ(accounted(policy, {"azure-maa", "azure-maa+snp"}), "");
  EXPECT_NE(accounted(policy, {"sev-snp", "azure-maa", "azure-maa+snp"}).find("FAIL"), std::string::npos);
  EXPECT_NE(accounted(policy + "[jwt]\nmaa = \"off\"\n", {"azure-maa", "azure-maa+snp"}).find("FAIL"),
            std::string::npos);
  EXPECT_EQ(accounted(policy, {"azure-maa", "azure-maa+tdx"}),
            "policy.snp the rules of [snp]: policy line 2: of machines of another kind\n");
  EXPECT_NE(accounted("[tdx]\nmeasurements = \"" + kDigest48 + "\"\n", {"azure-maa", "azure-maa+tdx"}).find("FAIL"),
            std::string::npos);
}

TEST(RuleCoverage, NamesRulesOfOtherMachinesOnce) {
  const std::string policy = "[tdx]\nmeasurements = \"" + kDigest48 + "\"\nrtmr1 = \"" + kDigest48 + "\"\n";
  EXPECT_EQ(accounted(policy, {"sev-snp"}),
            "policy.tdx the rules of [tdx]: policy line 2, policy line 3: of machines of another kind\n");
  EXPECT_EQ(accounted(policy, {"simulated"}), accounted(policy, {"sev-snp"}));
  EXPECT_NE(accounted(policy, {"nvidia-gpu"}).find("FAIL"), std::string::npos)
      << "where no machine is, nobody knows which";
}

// Of two machines in a folder each stands for itself, and a rule of one is of no other kind than the folder's.
TEST(RuleCoverage, SaysOfARuleOfOneMachineNothingOnTheOther) {
  const std::string tdx = "[tdx]\nmeasurements = \"" + kDigest48 + "\"\n";
  EXPECT_EQ(accounted_on(tdx, {{"sev-snp"}, {"tdx"}}), "");
  EXPECT_EQ(accounted_on(tdx, {{"sev-snp"}, {"azure-snp-vtpm"}}),
            "policy.tdx the rules of [tdx]: policy line 2: of machines of another kind\n");
  EXPECT_EQ(accounted_on(tdx + "require_secure_boot = true\n", {{"sev-snp"}, {"tdx"}}),
            "FAIL policy.tdx [tdx] require_secure_boot judged: nothing in the evidence of tdx is held against it\n");
  const std::string pcr = "[snp.pcrs]\n4 = \"" + kDigest32 + "\"\n";
  const std::vector<Kinds> both = {{"sev-snp"}, {"azure-snp-vtpm"}};
  EXPECT_EQ(accounted_on(pcr, both),
            "FAIL policy.snp [snp] pcrs.4 judged: nothing in the evidence of sev-snp is held against it\n");
  EXPECT_EQ(accounted_on(pcr + "[platform]\nkinds = [\"sev-snp\", \"azure-snp-vtpm\"]\n", both), "")
      << "of the other one, which is here and judged by it";
}

TEST(RuleCoverage, WaivesAnIssuerWhoseTokensAreOffOrNotThere) {
  const std::string maa = "[jwt]\nmaa_issuer = \"https://a.example\"\n";
  const std::string nras = "[jwt]\nnras_issuer = \"https://a.example\"\n";
  const Kinds tokens = {"azure-snp-vtpm", "azure-maa", "nvidia-gpu", "nvidia-nras"};
  EXPECT_EQ(accounted(maa, tokens), "");
  EXPECT_EQ(accounted(nras, tokens), "");
  EXPECT_EQ(
      accounted(maa + "maa = \"off\"\n", tokens),
      "policy.jwt [jwt] maa_issuer judged: policy line 2: nothing in this evidence is judged by it, since [jwt] maa "
      "is off (policy line 3)\n");
  EXPECT_EQ(accounted(nras + "[gpu]\nnras = \"off\"\n", tokens),
            "policy.jwt [jwt] nras_issuer judged: policy line 2: nothing in this evidence is judged by it, since [gpu] "
            "nras is off (policy line 4)\n");
  EXPECT_EQ(accounted(maa, {"azure-snp-vtpm", "nvidia-nras"}),
            "policy.jwt [jwt] maa_issuer judged: policy line 2: nothing in this evidence is judged by it\n");
}

// Statements, tokens and OCSP answers have times; reports have none.
TEST(RuleCoverage, WaivesALeewayThatNothingTakes) {
  const std::string old = "[jwt]\nleeway_s = 5\n", now = "[freshness]\nleeway_s = 5\n";
  const std::string unjudged = " leeway_s judged: policy line 2: nothing in this evidence is judged by it\n";
  EXPECT_EQ(accounted(old, {"sev-snp"}), "policy.jwt [jwt]" + unjudged);
  EXPECT_EQ(accounted(now, {"sev-snp"}), "policy.freshness [freshness]" + unjudged);
  for (const std::string& policy : {old, now}) {
    EXPECT_EQ(accounted(policy, {"sev-snp", kStatement}), "");
    EXPECT_EQ(accounted(policy, {"azure-maa"}), "");
    EXPECT_EQ(accounted(policy, {"nvidia-gpu"}), "");
    EXPECT_NE(accounted(policy + "[gpu]\nocsp = \"off\"\n", {"nvidia-gpu"}).find(unjudged), std::string::npos);
  }
  EXPECT_NE(accounted(old + "maa = \"off\"\n", {"azure-maa"}).find(unjudged), std::string::npos);
}

// By what they say, not by their names.
TEST(RuleCoverage, FailsWhatTightens) {
  for (const char* rule : {"crl = \"require\"", "allow_smt = false", "allow_provisional_firmware = false",
                           "max_vmpl = 0", "guest_policy = { single_socket = false }", "require_secure_boot = true"})
    EXPECT_NE(accounted(std::string("[snp]\n") + rule + "\n", {"nvidia-gpu"}).find("FAIL"), std::string::npos) << rule;
  for (const char* rule : {"crl = \"if-available\"", "allow_smt = true", "max_vmpl = 2", "require_secure_boot = false"})
    EXPECT_EQ(accounted(std::string("[snp]\n") + rule + "\n", {"nvidia-gpu"}).find("FAIL"), std::string::npos) << rule;
}

TEST(RuleCoverage, WaivesWhatOnlyLoosens) {
  EXPECT_EQ(
      accounted("[snp]\nallow_debug = true\nmax_vmpl = 1\nrequire_secure_boot = false\n", {"nvidia-gpu"}).find("FAIL"),
      std::string::npos);
  EXPECT_EQ(accounted("[snp]\ncovers = \"root\"\norigin = \"built 2026-01-01\"\n", {"tdx"}), "") << "remarks";
}

}  // namespace
}  // namespace minions::attestation
