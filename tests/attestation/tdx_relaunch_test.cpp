// A TD that was launched under an old module, on a platform that has the latest since.
#include "attestation/intel/tdx_tcb.h"
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

Platform td15() {
  Platform platform;
  platform.version = 5;
  platform.body_type = 3;
  platform.body.tee_tcb_svn2 = ByteArray<16>{9, 1, 8};
  platform.body.mr_service_td.emplace().fill(0x5E);
  return platform;
}

Platform relaunched() {
  Platform platform = td15();
  platform.body.tee_tcb_svn = {3, 1, 8};  // OutOfDate
  platform.body.tee_tcb_svn2 = ByteArray<16>{4, 1, 7};
  return platform;
}

std::string status_of(TdxEvidence evidence) {
  const std::string found = evidence.check("tcb").found;
  return found.substr(0, found.find(':'));
}

TEST(TdxRelaunch, IsAdvisedWhereTheModuleOfTheLaunchAloneIsOld) {
  TdxEvidence evidence = relaunched().evidence();
  EXPECT_EQ(evidence.failures(), Failures{"tcb"});
  EXPECT_EQ(status_of(evidence), "TDRelaunchAdvised");
  EXPECT_TRUE(evidence.check("tcb").found.ends_with("; the TDX module that runs now is at the latest level"));
  Platform module = relaunched();
  module.body.tee_tcb_svn2 = ByteArray<16>{3, 1, 7};
  EXPECT_EQ(status_of(module.evidence()), "OutOfDate") << "the module that runs now is old too";
  Platform loader = relaunched();
  loader.body.tee_tcb_svn2 = ByteArray<16>{4, 1, 6};
  EXPECT_EQ(status_of(loader.evidence()), "OutOfDate") << "its loader is";
  Platform unknown = relaunched();
  unknown.body.tee_tcb_svn2 = ByteArray<16>{4, 2, 7};
  EXPECT_EQ(status_of(unknown.evidence()), "OutOfDate") << "nobody knows it";
  Platform first = relaunched();
  first.body.tee_tcb_svn2 = ByteArray<16>{5, 0, 7};
  EXPECT_EQ(status_of(first.evidence()), "TDRelaunchAdvised");
  first.body.tee_tcb_svn2 = ByteArray<16>{4, 0, 7};
  EXPECT_EQ(status_of(first.evidence()), "OutOfDate");
  Platform enclave = relaunched();
  enclave.qe.isv_svn = 3;
  EXPECT_EQ(status_of(enclave.evidence()), "OutOfDate");
  Platform processor = relaunched();
  processor.pck.components[0] = 6;
  EXPECT_EQ(status_of(processor.evidence()), "OutOfDate");
  Platform old_loader = relaunched();
  old_loader.body.tee_tcb_svn = {3, 1, 6};
  EXPECT_EQ(status_of(old_loader.evidence()), "TDRelaunchAdvised") << "a relaunch brings the loader as well";
  Platform td10 = relaunched();
  td10.body_type = 2;
  EXPECT_EQ(status_of(td10.evidence()), "OutOfDate") << "it does not say what runs now";
}

TEST(TdxRelaunch, KeepsWhatElseIsToBeDone) {
  Platform configuration = relaunched();
  configuration.tcb_info["tcbLevels"][0]["tcbStatus"] = "ConfigurationNeeded";
  EXPECT_EQ(status_of(configuration.evidence()), "TDRelaunchAdvisedConfigurationNeeded");
  Platform software = relaunched();
  software.tcb_info["tcbLevels"][0]["tcbStatus"] = "SWHardeningNeeded";
  EXPECT_EQ(status_of(software.evidence()), "TDRelaunchAdvised");
  Platform revoked = relaunched();
  revoked.tcb_info["tcbLevels"][0]["tcbStatus"] = "Revoked";
  EXPECT_EQ(revoked.evidence().failures(), (Failures{"tcb.not_revoked", "tcb"}));
}

TEST(TdxRelaunch, IsAcceptedByItsNameAndByWhatIsWorse) {
  EXPECT_EQ(failures(relaunched(), "accepted_tcb = [\"UpToDate\", \"TDRelaunchAdvised\"]"), Failures());
  EXPECT_EQ(failures(relaunched(), "accepted_tcb = [\"UpToDate\", \"OutOfDate\"]"), Failures());
  EXPECT_EQ(failures(relaunched(), "accepted_tcb = \"TDRelaunchAdvisedConfigurationNeeded\""), Failures{"tcb"});
  Platform configuration = relaunched();
  configuration.tcb_info["tcbLevels"][0]["tcbStatus"] = "ConfigurationNeeded";
  EXPECT_EQ(failures(configuration, "accepted_tcb = \"TDRelaunchAdvisedConfigurationNeeded\""), Failures());
  EXPECT_EQ(failures(configuration, "accepted_tcb = \"TDRelaunchAdvised\""), Failures{"tcb"});
  Platform old = td15();
  old.body.tee_tcb_svn = {3, 1, 8};
  old.body.tee_tcb_svn2 = ByteArray<16>{3, 1, 8};
  EXPECT_EQ(failures(old, "accepted_tcb = \"TDRelaunchAdvised\""), Failures{"tcb"});
}

TEST(TdxRelaunch, IsLessThanOutOfDate) {
  using enum TcbStatus;
  EXPECT_EQ(worst(kTdRelaunchAdvised, kUpToDate), kTdRelaunchAdvised);
  EXPECT_EQ(worst(kTdRelaunchAdvised, kSwHardeningNeeded), kTdRelaunchAdvised);
  EXPECT_EQ(worst(kTdRelaunchAdvised, kConfigurationNeeded), kTdRelaunchAdvisedConfigurationNeeded);
  EXPECT_EQ(worst(kConfigurationAndSwHardeningNeeded, kTdRelaunchAdvised), kTdRelaunchAdvisedConfigurationNeeded);
  EXPECT_EQ(worst(kTdRelaunchAdvised, kOutOfDate), kOutOfDate);
  EXPECT_EQ(worst(kOutOfDate, kTdRelaunchAdvisedConfigurationNeeded), kOutOfDateConfigurationNeeded);
  EXPECT_EQ(worst(kTdRelaunchAdvised, kRevoked), kRevoked);
}

}  // namespace
}  // namespace minions::attestation::tdx
