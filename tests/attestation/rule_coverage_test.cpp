#include "attestation/rule_coverage.h"

#include <gtest/gtest.h>

namespace minions::attestation {
namespace {

using Checks = std::vector<Check>;
using Tables = std::set<std::string_view>;

const std::string kDigest32 = std::string(64, 'a');
const std::string kDigest48 = std::string(96, 'a');

Check citing(std::string source, std::string found = "") {
  return {.id = "some.check",
          .outcome = Outcome::kPass,
          .expected = "",
          .found = std::move(found),
          .source = std::move(source)};
}

std::string accounted(const std::string& toml, const Checks& checks, const Tables& tables) {
  std::string out;
  for (const Check& check : account_for_rules(AppraisalPolicy::parse(toml, "p.toml").value().rules(), checks, tables)) {
    EXPECT_TRUE(check.outcome == Outcome::kFail || check.outcome == Outcome::kWaived);
    out += fmt::format("{}{} {}: {}\n", check.outcome == Outcome::kFail ? "FAIL " : "", check.id, check.expected,
                       check.outcome == Outcome::kFail ? check.found : check.source);
  }
  return out;
}

TEST(RuleCoverage, FailsARuleOfAMachineAtHandThatNoCheckCites) {
  const std::string policy =
      "[snp]\nmeasurements = \"" + kDigest48 + "\"\nvmpl = 0\n[snp.pcrs]\n4 = \"" + kDigest32 + "\"\n";
  EXPECT_EQ(accounted(policy, {}, {"snp"}),
            "FAIL policy.snp [snp] vmpl judged: nothing in this evidence is held against it\n"
            "FAIL policy.snp [snp] measurements judged: nothing in this evidence is held against it\n"
            "FAIL policy.snp [snp] pcrs.4 judged: nothing in this evidence is held against it\n");
  EXPECT_EQ(accounted(policy, {citing("policy line 2"), citing("policy line 3"), citing("", "allowed (policy line 5)")},
                      {"snp"}),
            "");
}

TEST(RuleCoverage, TakesNoLineForAnother) {
  const std::string policy = "[snp]\nvmpl = 0\n";
  EXPECT_EQ(accounted(policy, {citing("policy line 2")}, {"snp"}), "");
  EXPECT_NE(accounted(policy, {citing("policy line 21")}, {"snp"}), "");
  EXPECT_NE(accounted(policy, {citing("", "policy line 20, and policy line 21")}, {"snp"}), "");
  EXPECT_EQ(accounted(policy, {citing("", "policy line 20, and policy line 2, too")}, {"snp"}), "");
}

TEST(RuleCoverage, NamesRulesOfOtherMachinesOnce) {
  const std::string policy = "[tdx]\nmeasurements = \"" + kDigest48 + "\"\nrtmr1 = \"" + kDigest48 + "\"\n";
  EXPECT_EQ(accounted(policy, {}, {"snp"}),
            "policy.tdx the rules of [tdx]: policy line 2, policy line 3: of machines of another kind\n");
  EXPECT_EQ(accounted(policy, {}, {"simulated"}), accounted(policy, {}, {"snp"}));
  EXPECT_NE(accounted(policy, {}, {}).find("FAIL"), std::string::npos) << "where no machine is, nobody knows which";
}

TEST(RuleCoverage, WaivesWhatOnlyLoosensAndWhatIsOfTokens) {
  EXPECT_EQ(
      accounted("[snp]\nallow_debug = true\nmax_vmpl = 1\nrequire_secure_boot = false\n", {}, {"snp"}).find("FAIL"),
      std::string::npos);
  EXPECT_NE(accounted("[snp]\nrequire_secure_boot = true\n", {}, {"snp"}).find("FAIL"), std::string::npos);
  EXPECT_EQ(accounted("[gpu]\nmin_driver = \"550.1\"\n[jwt]\nmaa_issuer = \"https://a.example\"\n", {}, {"snp"}),
            "policy.gpu [gpu] min_driver judged: policy line 2: nothing in this evidence is judged by it\n"
            "policy.jwt [jwt] maa_issuer judged: policy line 4: nothing in this evidence is judged by it\n");
  EXPECT_EQ(accounted("[snp]\ncovers = \"root\"\norigin = \"built 2026-01-01\"\n", {}, {"snp"}), "") << "remarks";
}

}  // namespace
}  // namespace minions::attestation
