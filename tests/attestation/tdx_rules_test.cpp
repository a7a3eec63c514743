// The TCB and the policy's rules on a platform of the test's own: each is broken by exactly one change.
#include "attestation/core/refusal.h"
#include "attestation/synthetic_tdx.h"

namespace minions::attestation::tdx {
namespace {

using Failures = std::vector<std::string>;

Measurement filled(std::uint8_t value) {
  Measurement out;
  out.fill(value);
  return out;
}

TEST(TdxRules, JudgesTheWindowsOfCollateral) {
  for (const auto& [object, check] : {std::pair{&Platform::tcb_info, "tcb.tcb_info_window"},
                                      std::pair{&Platform::qe_identity, "tcb.qe_identity_window"}}) {
    Platform late;
    (late.*object)["nextUpdate"] = "2025-08-12T12:00:00Z";
    EXPECT_EQ(late.evidence().failures(), Failures());
    (late.*object)["nextUpdate"] = "2025-08-12T11:59:59Z";
    EXPECT_EQ(late.evidence().failures(), Failures{check});
    EXPECT_EQ(side_of(late.evidence().check(check)), Side::kClock);
    Platform early;
    (early.*object)["issueDate"] = "2025-08-12T12:00:00Z";
    EXPECT_EQ(early.evidence().failures(), Failures());
    (early.*object)["issueDate"] = "2025-08-12T12:00:01Z";
    EXPECT_EQ(early.evidence().failures(), Failures{check});
  }
}

TEST(TdxRules, WantsTheTcbInfoOfThePlatform) {
  Platform family;
  family.tcb_info["fmspc"] = "00806F060000";
  EXPECT_EQ(family.evidence().failures(), Failures{"tcb.tcb_info_platform"});
  Platform pce;
  pce.tcb_info["pceId"] = "0100";
  EXPECT_EQ(pce.evidence().failures(), Failures{"tcb.tcb_info_platform"});
}

TEST(TdxRules, WantsAPckThatNamesItsTcb) {
  Platform none;
  none.pck_extension = Bytes();
  EXPECT_EQ(none.evidence().failures(), Failures{"tcb.pck"});
  Platform broken;
  broken.pck_extension = Bytes{0x30, 0x00};
  EXPECT_EQ(broken.evidence().failures(), Failures{"tcb.pck"});
}

TEST(TdxRules, WantsIntelsModule) {
  Platform signer;
  signer.body.mr_signer_seam[5] = 1;
  EXPECT_EQ(signer.evidence().failures(), Failures{"tcb.module"});
  Platform attributes;
  attributes.body.seam_attributes[7] = 0x80;
  EXPECT_EQ(attributes.evidence().failures(), Failures{"tcb.module"});
  Platform unknown;
  unknown.body.tee_tcb_svn[1] = 2;
  EXPECT_EQ(unknown.evidence().failures(), Failures{"tcb.module"});
  Platform first;
  first.body.tee_tcb_svn[1] = 0;
  EXPECT_EQ(first.evidence().failures(), Failures());
  first.body.mr_signer_seam[5] = 1;
  EXPECT_EQ(first.evidence().failures(), Failures{"tcb.module"});
}

TEST(TdxRules, WantsIntelsQuotingEnclave) {
  const std::vector<std::function<void(EnclaveReport&)>> changes = {
      [](EnclaveReport& qe) { qe.mr_signer[31] ^= 1; }, [](EnclaveReport& qe) { qe.isv_prod_id = 1; },
      [](EnclaveReport& qe) { qe.misc_select[3] = 0x80; }, [](EnclaveReport& qe) { qe.attributes[0] |= 2; },
      [](EnclaveReport& qe) { qe.attributes[0] = 0x14; }};
  for (const auto& change : changes) {
    Platform platform;
    change(platform.qe);
    EXPECT_EQ(platform.evidence().failures(), Failures{"tcb.quoting_enclave"});
  }
  Platform masked;
  masked.qe.attributes[0] = 0x11;
  masked.qe.attributes[8] = 0xff;
  EXPECT_EQ(masked.evidence().failures(), Failures());
}

TEST(TdxRules, JudgesTheWorstOfPlatformModuleAndEnclave) {
  Platform old;
  old.pck.components[0] = 6;
  TdxEvidence evidence = old.evidence();
  EXPECT_EQ(evidence.failures(), Failures{"tcb"});
  EXPECT_EQ(evidence.check("tcb").found,
            "OutOfDate: platform OutOfDate of 2024-03-13 (INTEL-SA-00960, INTEL-SA-00982); TDX module UpToDate of "
            "2024-03-13; quoting enclave UpToDate of 2024-03-13");
  Platform module;
  module.body.tee_tcb_svn[0] = 3;
  EXPECT_EQ(module.evidence().check("tcb").found.substr(0, 30), "OutOfDate: platform UpToDate o");
  EXPECT_EQ(module.evidence().failures(), Failures{"tcb"});
  Platform enclave;
  enclave.qe.isv_svn = 3;
  EXPECT_EQ(enclave.evidence().failures(), Failures{"tcb"});
  for (Platform* const platform : {&old, &module, &enclave}) {
    TdxEvidence accepted = platform->evidence();
    accepted.policy.accepted_tcb.value = {"UpToDate", "OutOfDate"};
    EXPECT_EQ(accepted.failures(), Failures());
  }
}

TEST(TdxRules, RefusesWhatIsAtNoLevel) {
  const std::vector<std::function<void(Platform&)>> changes = {
      [](Platform& platform) { platform.pck.components[7] = 2; }, [](Platform& platform) { platform.pck.pce_svn = 10; },
      [](Platform& platform) { platform.body.tee_tcb_svn[2] = 5; },
      [](Platform& platform) { platform.body.tee_tcb_svn[0] = 1; },
      [](Platform& platform) { platform.qe.isv_svn = 2; }};
  for (const auto& change : changes) {
    Platform platform;
    change(platform);
    TdxEvidence evidence = platform.evidence();
    evidence.policy.accepted_tcb.value = {"UpToDate", "OutOfDate", "OutOfDateConfigurationNeeded"};
    EXPECT_EQ(evidence.failures(), Failures{"tcb"});
    EXPECT_TRUE(evidence.check("tcb").found.starts_with("not supported: "));
  }
}

TEST(TdxRules, RefusesRevokedLevelsWhateverThePolicySays) {
  for (const std::string part : {"platform", "module", "enclave"}) {
    Platform platform;
    if (part == "platform") platform.tcb_info["tcbLevels"][0]["tcbStatus"] = "Revoked";
    if (part == "module") platform.tcb_info["tdxModuleIdentities"][0]["tcbLevels"][0]["tcbStatus"] = "Revoked";
    if (part == "enclave") platform.qe_identity["tcbLevels"][0]["tcbStatus"] = "Revoked";
    TdxEvidence evidence = platform.evidence();
    evidence.policy.accepted_tcb.value = {"UpToDate", "OutOfDate", "Revoked"};
    EXPECT_EQ(evidence.failures(), (Failures{"tcb.not_revoked", "tcb"})) << part;
  }
}

// ---- policy ----

TEST(TdxRules, JudgesTheAttributes) {
  const auto with = [](std::uint64_t attributes) {
    Platform platform;
    platform.body.td_attributes = attributes | td_attribute::kSeptVeDisable;
    return platform.evidence();
  };
  EXPECT_EQ(with(td_attribute::kDebug).failures(), Failures{"policy.debug"});
  for (unsigned bit = 1; bit < 8; ++bit)
    EXPECT_EQ(with(std::uint64_t{1} << bit).failures(), Failures{"policy.attributes"}) << bit;
  EXPECT_EQ(with(td_attribute::kMigratable).failures(), Failures{"policy.migration"});
  EXPECT_EQ(with(std::uint64_t{1} << 30 | std::uint64_t{1} << 63).failures(), Failures());
  EXPECT_EQ(with(0).check("policy.sept_ve_disable").outcome, Outcome::kPass);

  TdxEvidence migratable = with(td_attribute::kMigratable);
  migratable.policy.allow_migration.value = true;
  EXPECT_EQ(migratable.failures(), Failures());

  TdxEvidence debug = with(td_attribute::kDebug);
  debug.policy.allow_debug = {true, "policy line 7"};
  EXPECT_EQ(debug.failures(), Failures());
  EXPECT_EQ(debug.check("policy.debug").found, "DEBUG on");
  EXPECT_EQ(debug.check("policy.debug").source, "policy line 7");
}

TEST(TdxRules, WantsSeptVeDisableUnlessThePolicyDoesWithout) {
  Platform platform;
  platform.body.td_attributes = 0;
  TdxEvidence evidence = platform.evidence();
  EXPECT_EQ(evidence.failures(), Failures{"policy.sept_ve_disable"});
  evidence.policy.require_sept_ve_disable = {false, "policy line 3"};
  EXPECT_EQ(evidence.failures(), Failures());
  EXPECT_EQ(evidence.check("policy.sept_ve_disable").outcome, Outcome::kWaived);
  EXPECT_EQ(evidence.check("policy.sept_ve_disable").source, "not required (policy line 3): SEPT_VE_DISABLE off");
}

TEST(TdxRules, ComparesAttributesToTheBit) {
  Platform platform;
  platform.body.td_attributes = td_attribute::kSeptVeDisable | std::uint64_t{1} << 63;
  platform.body.xfam = 0x0602E7;
  TdxEvidence evidence = platform.evidence();
  EXPECT_EQ(evidence.check("policy.td_attributes").outcome, Outcome::kWaived);
  evidence.policy.td_attributes = {{{0, 0, 0, 0x10, 0, 0, 0, 0x80}}, "policy"};
  evidence.policy.xfam = {{{0xE7, 0x02, 0x06, 0, 0, 0, 0, 0}}, "policy"};
  EXPECT_EQ(evidence.failures(), Failures());
  evidence.policy.td_attributes->value = {{0, 0, 0, 0x10, 0, 0, 0, 0}};
  EXPECT_EQ(evidence.failures(), Failures{"policy.td_attributes"});
  EXPECT_EQ(evidence.check("policy.td_attributes").found, "0000001000000080");
  evidence.policy.td_attributes.reset();
  evidence.policy.xfam->value = {{0xE7, 0x02, 0, 0, 0, 0, 0, 0}};
  EXPECT_EQ(evidence.failures(), Failures{"policy.xfam"});
}

TEST(TdxRules, ComparesWhatTheModuleAndTheOwnerGave) {
  Platform platform;
  platform.body.mr_seam = filled(0x51);
  platform.body.mr_config_id = filled(0x52);
  platform.body.mr_owner = filled(0x53);
  platform.body.mr_owner_config = filled(0x54);
  const TdxEvidence evidence = platform.evidence();
  struct Rule {
    OptionalRule<std::vector<Measurement>> TdxRules::*rule;
    std::string check;
    std::uint8_t value;
  };
  for (const auto& [rule, check, value] :
       {Rule{&TdxRules::mrseam, "policy.mrseam", 0x51}, Rule{&TdxRules::mrconfigid, "policy.mrconfigid", 0x52},
        Rule{&TdxRules::mrowner, "policy.mrowner", 0x53},
        Rule{&TdxRules::mrownerconfig, "policy.mrownerconfig", 0x54}}) {
    TdxEvidence judged = evidence;
    EXPECT_EQ(judged.check(check).outcome, Outcome::kWaived);
    judged.policy.*rule = {{filled(0), filled(value)}, "policy"};
    EXPECT_EQ(judged.failures(), Failures());
    EXPECT_EQ(judged.check(check).outcome, Outcome::kPass);
    judged.policy.*rule = {{filled(0)}, "policy"};
    EXPECT_EQ(judged.failures(), Failures{check});
  }
}

TEST(TdxRules, BoundTheEvaluationOfTheCollateral) {
  Platform platform;
  platform.tcb_info["tcbEvaluationDataNumber"] = 17;
  platform.qe_identity["tcbEvaluationDataNumber"] = 17;
  TdxEvidence evidence = platform.evidence();
  EXPECT_EQ(evidence.check("tcb.tcb_info_evaluation").outcome, Outcome::kWaived);
  evidence.policy.min_tcb_evaluation = {17, "policy"};
  EXPECT_EQ(evidence.failures(), Failures());
  evidence.policy.min_tcb_evaluation = {18, "policy"};
  EXPECT_EQ(evidence.failures(), (Failures{"tcb.tcb_info_evaluation", "tcb.qe_identity_evaluation"}));
}

TEST(TdxRules, ComparesTheMeasurements) {
  TdxEvidence evidence = Platform().evidence();
  EXPECT_EQ(evidence.check("policy.mrtd").outcome, Outcome::kWaived);
  evidence.policy.measurements = {{filled(0x10), filled(0x11)}, "policy line 2"};
  EXPECT_EQ(evidence.check("policy.mrtd").outcome, Outcome::kPass);
  evidence.policy.measurements = {{filled(0x10)}, "policy line 2"};
  EXPECT_EQ(evidence.failures(), Failures{"policy.mrtd"});
  EXPECT_EQ(evidence.check("policy.mrtd").source, "policy line 2");
  evidence.policy.measurements.reset();
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string check = "policy.rtmr" + std::to_string(i);
    TdxEvidence measured = evidence;
    EXPECT_EQ(measured.check(check).outcome, Outcome::kWaived);
    measured.policy.rtmrs[i] = {{filled(static_cast<std::uint8_t>(0x20 + i))}, "policy"};
    EXPECT_EQ(measured.failures(), Failures());
    EXPECT_EQ(measured.check(check).outcome, Outcome::kPass);
    measured.policy.rtmrs[i] = {{filled(0x11)}, "policy"};
    EXPECT_EQ(measured.failures(), Failures{check});
  }
}

}  // namespace
}  // namespace minions::attestation::tdx
