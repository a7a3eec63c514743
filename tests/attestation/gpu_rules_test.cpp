// Rules of [gpu]: that a GPU must be there, or none; its mode; what only a token of NRAS states.
#include <gtest/gtest.h>

#include "attestation/core/check_table.h"
#include "attestation/core/verifier.h"
#include "attestation/nvidia/spdm_report.h"
#include "attestation/policy/gpu_count.h"
#include "attestation/synthetic_nvidia.h"

namespace minions::attestation::nvidia {
namespace {

// The rules that these lines of [gpu] make.
GpuRules rules(const std::string& lines) {
  const auto policy = AppraisalPolicy::parse("[gpu]\n" + lines + "\n", "p.toml");
  EXPECT_TRUE(policy) << policy.error().detail;
  return policy ? policy->rules().gpu : GpuRules();
}

Evidence gpus(std::size_t count) {
  Evidence evidence = {{"sev-snp", {}}};
  for (std::size_t i = 0; i < count; ++i) evidence.push_back({"nvidia-gpu", {}});
  return evidence;
}
Check count_check(std::size_t count, const std::string& lines) { return check_gpu_count(gpus(count), rules(lines)); }

TEST(GpuCount, IsAtLeastOneWhereAnyRuleIsWritten) {
  for (const std::string rule :
       {"min_driver = \"550.1\"", "min_vbios = \"96.00\"", "models = \"GH100\"", "rim = \"off\"", "ocsp = \"require\"",
        "nras = \"require\"", "mode = \"SPT\"", "require_secboot = true", "require_dbgstat_disabled = true",
        "require_secboot = false"}) {
    const Check missing = count_check(0, rule);
    EXPECT_EQ(missing.outcome, Outcome::kFail) << rule;
    EXPECT_EQ(missing.source, "policy line 2");
    EXPECT_EQ(missing.expected, "at least 1, which " + rule.substr(0, rule.find(' ')) + " is about");
    EXPECT_EQ(missing.found, "0");
    EXPECT_EQ(count_check(1, rule).outcome, Outcome::kPass) << rule;
  }
}

TEST(GpuCount, IsWhatThePolicySays) {
  EXPECT_EQ(count_check(0, "").outcome, Outcome::kWaived);
  EXPECT_EQ(count_check(2, "").source, "the policy asks for no gpu; 2 here");
  EXPECT_EQ(count_check(1, "count = 2\nrim = \"off\"").outcome, Outcome::kFail);
  EXPECT_EQ(count_check(1, "count = 2\nrim = \"off\"").source, "policy line 2");
  EXPECT_EQ(count_check(2, "count = 2").outcome, Outcome::kPass);
  const Check optional = count_check(0, "rim = \"off\"\ncount = 0");
  EXPECT_EQ(optional.outcome, Outcome::kWaived) << "the rules are not judged, and that is shown";
  EXPECT_EQ(optional.source, "count = 0 (policy line 3): without a gpu the rules of [gpu] are not judged");
  EXPECT_EQ(count_check(1, "rim = \"off\"\ncount = 0").outcome, Outcome::kPass);
}

TEST(GpuCount, IsNoneWhereThePolicySaysSo) {
  EXPECT_EQ(count_check(0, "none = true").outcome, Outcome::kPass);
  const Check one = count_check(1, "none = true");
  EXPECT_EQ(one.outcome, Outcome::kFail);
  EXPECT_EQ(one.expected, "no gpu");
  EXPECT_EQ(one.source, "policy line 2");
  Evidence token = gpus(0);
  token.push_back({"nvidia-nras", {}});
  EXPECT_EQ(check_gpu_count(token, rules("none = true")).outcome, Outcome::kFail);
  EXPECT_EQ(count_check(1, "none = false").outcome, Outcome::kWaived);
}

TEST(GpuRules, NameTheMode) {
  const auto judged = [](std::optional<std::uint8_t> flag, const std::string& modes) {
    Gpu gpu;
    if (flag) gpu.report.set_opaque(opaque_field::kFeatureFlag, {*flag, 0});
    if (!flag) gpu.report.drop_opaque(opaque_field::kFeatureFlag);
    if (!modes.empty()) gpu.rules.mode = rules("mode = " + modes).mode;
    return gpu.failure();
  };
  const std::string names[] = {"\"SPT\"", "\"MPT\"", "\"PPCIE\""};
  for (std::uint8_t flag = 0; flag < 3; ++flag) {
    for (std::uint8_t named = 0; named < 3; ++named)
      EXPECT_EQ(judged(flag, names[named]), flag == named ? "accepted" : "policy.mode");
    EXPECT_EQ(judged(flag, ""), "accepted");
  }
  EXPECT_EQ(judged(1, R"(["SPT", "MPT"])"), "accepted");
  EXPECT_EQ(judged(std::nullopt, R"(["SPT", "MPT", "PPCIE"])"), "policy.mode") << "older drivers do not state it";
  Gpu gpu;
  EXPECT_EQ(gpu.failure(), "accepted");
  EXPECT_EQ(gpu.check("policy.mode").source, "the policy names no gpu modes; PPCIE here");
}

// A report has no field for secure boot and debugging: a rule that was written must not pass unjudged.
TEST(GpuRules, FailWhereOnlyATokenWouldTell) {
  struct Claim {
    Rule<bool> GpuRules::*rule;
    std::string check;
  };
  for (const auto& [rule, check] : {Claim{&GpuRules::require_secboot, "policy.secboot"},
                                    Claim{&GpuRules::require_dbgstat_disabled, "policy.dbgstat"}}) {
    Gpu built_in;
    EXPECT_EQ(built_in.failure(), "accepted");
    EXPECT_EQ(built_in.check(check).outcome, Outcome::kWaived);
    EXPECT_EQ(built_in.check(check).source,
              "a report does not state it, a token of NRAS does, and none is here; the policy does not ask for it");
    Gpu written;
    written.rules.*rule = {true, "policy line 4"};
    EXPECT_EQ(written.failure(), check);
    EXPECT_EQ(written.check(check).source, "policy line 4");
    Gpu off;
    off.rules.*rule = {false, "policy line 4"};
    EXPECT_EQ(off.failure(), "accepted");
    EXPECT_EQ(off.check(check).source, "not required (policy line 4)");
    EXPECT_TRUE(waiver_covers("evidence.nvidia-gpu." + check, "evidence.nvidia-gpu." + check));
    EXPECT_TRUE(AppraisalPolicy::parse("[waive]\n\"evidence.nvidia-gpu." + check + "\" = \"a lab\"\n", "p.toml"));
  }
}

TEST(GpuRules, AreJudgedOfTheTokenBesideTheReport) {
  Gpu gpu;
  gpu.token = TokenBeside::kJudged;
  gpu.rules.require_secboot = {true, "policy line 2"};
  gpu.rules.require_dbgstat_disabled = {true, "policy line 3"};
  EXPECT_EQ(gpu.failure(), "accepted");
  EXPECT_EQ(gpu.check("policy.secboot").source, "the token of NRAS beside the report is judged for it");
  EXPECT_EQ(gpu.check("policy.dbgstat").outcome, Outcome::kWaived);
}

// By what stands in the document: a token that the policy does not look at states nothing.
TEST(GpuRules, KnowTheTokenFromTheDocument) {
  const Identity root("device root", {});
  const Identity leaf("GH100 A01 GSP FMC LF", {.issuer = &root, .is_ca = false});
  ReportParts parts;
  parts.drop_opaque(opaque_field::kFwid);
  Bytes report = parts.encode();
  append(report, leaf.sign(report));
  const EvidenceItem gpu{"nvidia-gpu", {{"report", report}, {"cert_chain", to_bytes(leaf.pem() + root.pem())}}};
  const std::vector<Digest32> roots = {root.sha256()};
  BindingChain binding;
  binding.gpu_nonce.fill(0xA5);
  const auto failure = [&](const Evidence& all, const std::string& lines) {
    PolicyRules policy;
    policy.gpu = rules("rim = \"off\"\nocsp = \"off\"\n" + lines);
    TrustAnchors anchors;
    anchors.nvidia_device = roots;
    return first_failure(verify_evidence({.item = all.front(),
                                          .binding = binding,
                                          .endorsements = {},
                                          .policy = policy,
                                          .now = 1'800'000'000,
                                          .anchors = anchors,
                                          .all_evidence = &all}));
  };
  const EvidenceItem token{"nvidia-nras", {}};
  EXPECT_EQ(failure({gpu}, ""), "accepted");
  EXPECT_EQ(failure({gpu}, "require_secboot = true"), "policy.secboot");
  EXPECT_EQ(failure({gpu, token}, "require_secboot = true\nrequire_dbgstat_disabled = true"), "accepted");
  EXPECT_EQ(failure({gpu, token}, "require_dbgstat_disabled = true\nnras = \"off\""), "policy.dbgstat");
}

}  // namespace
}  // namespace minions::attestation::nvidia
