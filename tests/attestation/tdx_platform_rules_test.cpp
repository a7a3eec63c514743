// Rules about the platform and the module under a TDX guest.
#include "attestation/synthetic_tdx.h"

namespace minions::attestation::tdx {
namespace {

using Failures = std::vector<std::string>;

// The [tdx] table that these lines make, over the evidence's own.
TdxEvidence with_rules(const Platform& platform, const std::string& lines) {
  TdxEvidence evidence = platform.evidence();
  const auto policy = AppraisalPolicy::parse("[tdx]\n" + lines + "\n", "p.toml");
  EXPECT_TRUE(policy) << policy.error().detail;
  if (policy) evidence.policy = policy->rules().tdx;
  return evidence;
}
Failures failures(const Platform& platform, const std::string& lines) { return with_rules(platform, lines).failures(); }

std::string hex_of(std::size_t bytes, std::uint8_t value) { return to_hex(Bytes(bytes, value)); }

Platform td15() {
  Platform platform;
  platform.version = 5;
  platform.body_type = 3;
  platform.body.tee_tcb_svn2 = ByteArray<16>{9, 1, 8};
  platform.body.mr_service_td.emplace().fill(0x5E);
  return platform;
}

TEST(TdxPlatformRules, PairFirmwareAndVirtualHardware) {
  const std::string own = "{ mrtd = \"" + hex_of(48, 0x11) + "\", rtmr0 = \"" + hex_of(48, 0x20) + "\" }";
  const std::string crossed = "{ mrtd = \"" + hex_of(48, 0x11) + "\", rtmr0 = \"" + hex_of(48, 0x21) +
                              "\" }, { mrtd = \"" + hex_of(48, 0x12) + "\", rtmr0 = \"" + hex_of(48, 0x20) + "\" }";
  EXPECT_EQ(failures(Platform(), "platforms = [" + crossed + ", " + own + "]"), Failures());
  TdxEvidence other = with_rules(Platform(), "platforms = [" + crossed + "]");
  EXPECT_EQ(other.failures(), Failures{"policy.platform"});
  const Check check = other.check("policy.platform");
  EXPECT_EQ(check.expected, "one of 2 pairs of MRTD and RTMR0 of the policy");
  EXPECT_EQ(check.found, "MRTD " + hex_of(48, 0x11) + " with RTMR0 " + hex_of(48, 0x20));
  EXPECT_EQ(check.source, "policy line 2");
  EXPECT_EQ(Platform().evidence().check("policy.platform").outcome, Outcome::kWaived);
}

TEST(TdxPlatformRules, NameFamiliesAndPackages) {
  EXPECT_EQ(failures(Platform(), "fmspc = [\"50806F000000\", \"00806F050000\"]"), Failures());
  EXPECT_EQ(failures(Platform(), "fmspc = \"50806F000000\""), Failures{"policy.fmspc"});
  EXPECT_EQ(failures(Platform(), "ppids = \"" + hex_of(16, 0x99) + "\""), Failures());
  EXPECT_EQ(failures(Platform(), "ppids = \"" + hex_of(16, 0x98) + "\""), Failures{"policy.ppid"});
  EXPECT_EQ(Platform().evidence().check("policy.ppid").source,
            "the policy names no PPID; " + hex_of(16, 0x99) + " here");
  // Judged whatever the collateral is like.
  Platform other_family;
  other_family.tcb_info["fmspc"] = "00806F060000";
  EXPECT_EQ(failures(other_family, "fmspc = \"50806F000000\""), (Failures{"policy.fmspc", "tcb.tcb_info_platform"}));
}

TEST(TdxPlatformRules, NameTheModule) {
  EXPECT_EQ(failures(Platform(), "mrsignerseam = \"" + hex_of(48, 0) + "\""), Failures());
  EXPECT_EQ(failures(Platform(), "mrsignerseam = \"" + hex_of(48, 1) + "\""), Failures{"policy.mrsignerseam"});
  EXPECT_EQ(failures(Platform(), "seam_attributes = \"" + hex_of(8, 0) + "\""), Failures());
  EXPECT_EQ(failures(Platform(), "seam_attributes = \"" + hex_of(8, 1) + "\""), Failures{"policy.seam_attributes"});
}

TEST(TdxPlatformRules, NameServiceTdsAndTheModuleThatRunsNow) {
  TdxEvidence silent = td15().evidence();
  EXPECT_EQ(silent.failures(), Failures());
  EXPECT_EQ(silent.check("policy.mrservicetd").source,
            "the policy names no MRSERVICETD; " + hex_of(48, 0x5E) + " here");
  EXPECT_EQ(silent.check("policy.tee_tcb_svn2").source,
            "the policy names no TEE_TCB_SVN2; 09010800000000000000000000000000 here");
  struct Case {
    std::string good;
    std::string bad;
    std::string check;
  };
  for (const auto& [good, bad, check] :
       {Case{"mrservicetd = \"" + hex_of(48, 0x5E) + "\"", "mrservicetd = \"" + hex_of(48, 0) + "\"",
             "policy.mrservicetd"},
        Case{"tee_tcb_svn2 = \"09010800000000000000000000000000\"",
             "tee_tcb_svn2 = \"0a010800000000000000000000000000\"", "policy.tee_tcb_svn2"},
        Case{"min_tee_tcb_svn2 = \"08010800000000000000000000000000\"",
             "min_tee_tcb_svn2 = \"08010900000000000000000000000000\"", "policy.min_tee_tcb_svn2"}}) {
    EXPECT_EQ(failures(td15(), good), Failures()) << good;
    EXPECT_EQ(failures(td15(), bad), Failures{check}) << bad;
    TdxEvidence old = with_rules(Platform(), good);
    EXPECT_EQ(old.failures(), Failures{check}) << "a body of TD 1.0 does not state it";
    EXPECT_NE(old.check(check).found.find("TD 1.0"), std::string::npos);
  }
  EXPECT_EQ(Platform().evidence().check("policy.mrservicetd").outcome, Outcome::kWaived);
}

}  // namespace
}  // namespace minions::attestation::tdx
