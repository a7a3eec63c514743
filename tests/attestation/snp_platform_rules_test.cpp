// Rules about the machine under an SEV-SNP guest.
#include "attestation/snp_evidence.h"
#include "attestation/synthetic_snp.h"

namespace minions::attestation {
namespace {

using namespace synthetic_snp;
using snp_evidence::failure;

constexpr std::size_t kPlatformInfo = 0x40;
constexpr std::size_t kKeyInfo = 0x48;
constexpr std::size_t kPolicy = 0x08;
constexpr std::size_t kChipId = 0x1A0;
constexpr std::size_t kCommittedTcb = 0x1E0;
constexpr std::size_t kCurrentFirmware = 0x1E8;
constexpr std::size_t kCommittedFirmware = 0x1EC;
constexpr std::size_t kLaunchMitigations = 0x1F8;
constexpr std::size_t kCurrentMitigations = 0x200;

// The [snp] table that these lines make.
SnpRules rules(const std::string& lines) {
  const auto policy = AppraisalPolicy::parse("[snp]\n" + lines + "\n", "p.toml");
  EXPECT_TRUE(policy) << policy.error().detail;
  return policy ? policy->rules().snp : SnpRules();
}

CheckList judge(const Platform& platform, const std::string& lines) {
  const SnpRules snp = rules(lines);
  const auto certificates = platform.certificates();
  const auto roots = root_of(certificates);
  CheckList checks("sev-snp");
  verify_sev_snp({.report = platform.signed_report(),
                  .certificates = certificates,
                  .revocation_lists = {},
                  .report_data = std::nullopt,
                  .rules = snp,
                  .now = kNow,
                  .roots = roots},
                 checks);
  return checks;
}
std::string verdict(const Platform& platform, const std::string& lines = "") { return failure(judge(platform, lines)); }

Check check_named(const CheckList& checks, std::string_view name) {
  for (const Check& check : checks.checks()) {
    if (check.id == "evidence.sev-snp." + std::string(name)) return check;
  }
  ADD_FAILURE() << "no check " << name;
  return {};
}

Platform version_5() {
  Platform platform;
  platform.set<std::uint32_t>(0, 5);
  platform.set<std::uint64_t>(kLaunchMitigations, 0x0B);
  platform.set<std::uint64_t>(kCurrentMitigations, 0x0F);
  return platform;
}

TEST(SnpReport, HasMitigationsFromVersionFiveOn) {
  const auto report = SnpReport::parse(version_5().report).value();
  EXPECT_EQ(report.launch_mitigations, 0x0BU);
  EXPECT_EQ(report.current_mitigations, 0x0FU);
  EXPECT_FALSE(SnpReport::parse(Platform().report).value().launch_mitigations);
}

TEST(SnpPlatformRules, TakeAMaskedChipIdUnlessChipsAreNamed) {
  for (const SnpProduct product : {SnpProduct::kMilan, SnpProduct::kTurin}) {
    Platform masked(product);
    masked.put(kChipId, Bytes(64));
    const CheckList checks = judge(masked, "");
    EXPECT_EQ(failure(checks), "accepted");
    const Check chip = check_named(checks, "binding.chip_id");
    EXPECT_EQ(chip.outcome, Outcome::kWaived);
    EXPECT_NE(chip.source.find("CHIP_ID is masked"), std::string::npos) << chip.source;
    EXPECT_NE(chip.source.find("5c5c5c"), std::string::npos) << chip.source;
    const std::string chips = "chip_ids = \"" + std::string(128, '1') + "\"";
    EXPECT_EQ(verdict(masked, chips), "policy.chip_id");
    EXPECT_EQ(check_named(judge(masked, chips), "policy.chip_id").found, "no CHIP_ID: it is masked");
  }
}

TEST(SnpPlatformRules, SayWhoHasTheCertificateOfAMaskedChip) {
  Platform masked;
  masked.put(kChipId, Bytes(64));
  const SnpRules none;
  CheckList checks("sev-snp");
  verify_sev_snp({.report = masked.signed_report(),
                  .certificates = {},
                  .revocation_lists = {},
                  .report_data = std::nullopt,
                  .rules = none,
                  .now = kNow},
                 checks);
  EXPECT_EQ(check_named(checks, "chain.certificate").found,
            "none among 0 certificates; CHIP_ID is masked, so that the server alone can give it");
}

// Among the certificates of several chips only the signature tells whose report it is.
TEST(SnpPlatformRules, FindTheKeyOfAMaskedChip) {
  const Platform other;
  Platform masked;
  masked.put(kChipId, Bytes(64));
  masked.ark = other.ark;
  masked.ask = other.ask;
  masked.leaf.signer = other.ask.key;
  const auto own = masked.certificates();
  const std::vector<crypto::Certificate> certificates = {other.leaf.make(), own[0], own[1], own[2]};
  const SnpRules none;
  const auto roots = root_of(own);
  CheckList checks("sev-snp");
  verify_sev_snp({.report = masked.signed_report(),
                  .certificates = certificates,
                  .revocation_lists = {},
                  .report_data = std::nullopt,
                  .rules = none,
                  .now = kNow,
                  .roots = roots},
                 checks);
  EXPECT_EQ(failure(checks), "accepted") << snp_evidence::text_of(checks);
}

TEST(SnpPlatformRules, NameChips) {
  const std::string own(128, '5');
  Platform platform;
  platform.put(kChipId, Bytes(64, 0x55));
  platform.leaf.extensions[kAmdOid + "4"] = Bytes(64, 0x55);
  EXPECT_EQ(verdict(platform, "chip_ids = [\"" + std::string(128, '1') + "\", \"" + own + "\"]"), "accepted");
  EXPECT_EQ(verdict(platform, "chip_ids = \"" + std::string(128, '1') + "\""), "policy.chip_id");
  const Platform turin(SnpProduct::kTurin);
  EXPECT_EQ(verdict(turin, "chip_ids = \"5C5C5C5C5C5C5C5C\""), "accepted");
  EXPECT_EQ(verdict(turin, "chip_ids = \"5C5C5C5C5C5C5C5D\""), "policy.chip_id");
  EXPECT_EQ(verdict(Platform(SnpProduct::kMilan, SnpReport::SigningKey::kVlek), "chip_ids = \"" + own + "\""),
            "policy.chip_id");
}

TEST(SnpPlatformRules, JudgeEachBitOfPlatformInfo) {
  struct Bit {
    std::string name;
    unsigned bit;
  };
  for (const Bit& bit : {Bit{"smt", 0}, Bit{"tsme", 1}, Bit{"ecc", 2}, Bit{"rapl_dis", 3}, Bit{"ciphertext_hiding", 4},
                         Bit{"alias_check", 5}, Bit{"tio", 7}}) {
    Platform on;
    on.set<std::uint64_t>(kPlatformInfo, std::uint64_t{1} << bit.bit);
    Platform off;
    off.set<std::uint64_t>(kPlatformInfo, 0xBF & ~(std::uint64_t{1} << bit.bit));
    EXPECT_EQ(verdict(on, "platform_info_required = \"" + bit.name + "\""), "accepted") << bit.name;
    EXPECT_EQ(verdict(off, "platform_info_required = \"" + bit.name + "\""), "policy.platform_info.required");
    EXPECT_EQ(verdict(off, "platform_info_forbidden = \"" + bit.name + "\""), "accepted") << bit.name;
    EXPECT_EQ(verdict(on, "platform_info_forbidden = \"" + bit.name + "\""), "policy.platform_info.forbidden");
  }
  const Check check =
      check_named(judge(Platform(), "\nplatform_info_required = [\"ecc\", \"smt\"]"), "policy.platform_info.required");
  EXPECT_EQ(check.expected, "ecc, smt on");
  EXPECT_EQ(check.found, "none on");
  EXPECT_EQ(check.source, "policy line 3");
}

TEST(SnpPlatformRules, BoundTheFirmware) {
  Platform platform;
  platform.put(kCurrentFirmware, Bytes{29, 55, 1});
  platform.put(kCommittedFirmware, Bytes{28, 55, 1});
  EXPECT_EQ(verdict(platform, "min_firmware = \"1.55.28\""), "accepted");
  EXPECT_EQ(verdict(platform, "min_firmware = \"1.55.29\""), "policy.firmware.committed");
  EXPECT_EQ(verdict(platform, "min_firmware = \"1.55.30\""), "policy.firmware");
  EXPECT_EQ(verdict(platform, "min_firmware = \"1.54.99\""), "accepted");
  EXPECT_EQ(verdict(platform, "min_firmware = \"2.0\""), "policy.firmware");
}

TEST(SnpPlatformRules, RefuseProvisionalFirmware) {
  const std::string rule = "allow_provisional_firmware = false";
  Platform platform;
  platform.put(kCurrentFirmware, Bytes{29, 55, 1});
  platform.put(kCommittedFirmware, Bytes{29, 55, 1});
  EXPECT_EQ(verdict(platform, rule), "accepted");
  Platform build = platform;
  build.put(kCommittedFirmware, Bytes{28, 55, 1});
  EXPECT_EQ(verdict(build, rule), "policy.firmware.provisional");
  EXPECT_EQ(verdict(build), "accepted");
  EXPECT_EQ(verdict(build, "allow_provisional_firmware = true"), "accepted");
  Platform tcb = platform;
  tcb.report[kCommittedTcb + 7] = static_cast<std::uint8_t>(tcb.report[kCommittedTcb + 7] - 1);
  EXPECT_EQ(verdict(tcb, rule), "policy.firmware.provisional");
}

TEST(SnpPlatformRules, WantMitigationBits) {
  EXPECT_EQ(verdict(version_5(), "launch_mitigations = 0x0b"), "accepted");
  EXPECT_EQ(verdict(version_5(), "launch_mitigations = 0x04"), "policy.launch_mitigations");
  EXPECT_EQ(verdict(version_5(), "current_mitigations = 0x0f"), "accepted");
  EXPECT_EQ(verdict(version_5(), "current_mitigations = 0x10"), "policy.current_mitigations");
  EXPECT_EQ(verdict(Platform(), "launch_mitigations = 0"), "policy.launch_mitigations") << "version 3 states none";
  EXPECT_EQ(check_named(judge(Platform(), "current_mitigations = 1"), "policy.current_mitigations").found,
            "a report of version 3 states none");
}

TEST(SnpPlatformRules, JudgeEachBitOfTheGuestPolicy) {
  struct Bit {
    std::string name;
    unsigned bit;
  };
  for (const Bit& bit : {Bit{"single_socket", 20}, Bit{"cxl_allow", 21}, Bit{"mem_aes_256_xts", 22},
                         Bit{"rapl_dis", 23}, Bit{"ciphertext_hiding", 24}, Bit{"page_swap_disable", 25}}) {
    Platform on;
    on.set<std::uint64_t>(kPolicy, 0x30000 | std::uint64_t{1} << bit.bit);
    const std::string check = "policy.guest_policy." + bit.name;
    EXPECT_EQ(verdict(on, "guest_policy = { " + bit.name + " = true }"), "accepted");
    EXPECT_EQ(verdict(on, "guest_policy = { " + bit.name + " = false }"), check);
    EXPECT_EQ(verdict(Platform(), "guest_policy = { " + bit.name + " = false }"), "accepted");
    EXPECT_EQ(verdict(Platform(), "guest_policy = { " + bit.name + " = true }"), check);
  }
}

TEST(SnpPlatformRules, BoundTheAbiOfTheGuest) {
  Platform platform;
  platform.set<std::uint64_t>(kPolicy, 0x30133);  // 1.51
  EXPECT_EQ(verdict(platform, "min_guest_abi = \"1.51\""), "accepted");
  EXPECT_EQ(verdict(platform, "min_guest_abi = \"1.52\""), "policy.guest_abi");
  EXPECT_EQ(verdict(Platform(), "min_guest_abi = \"0.1\""), "policy.guest_abi");
}

TEST(SnpPlatformRules, WantAnAuthorKeyOrNone) {
  Platform enabled;
  enabled.set<std::uint32_t>(kKeyInfo, 1);
  EXPECT_EQ(verdict(enabled, "author_key = \"require\""), "accepted");
  EXPECT_EQ(verdict(enabled, "author_key = \"none\""), "policy.author_key");
  EXPECT_EQ(verdict(Platform(), "author_key = \"none\""), "accepted");
  EXPECT_EQ(verdict(Platform(), "author_key = \"require\""), "policy.author_key");
}

TEST(SnpPlatformRules, HoldOfTheParavisorsReportToo) {
  Paravisor paravisor;
  const auto certificates = paravisor.platform.certificates();
  const auto roots = root_of(certificates);
  const auto judged = [&](const std::string& lines) {
    const SnpRules snp = rules(lines);
    CheckList checks("azure-snp-vtpm");
    verify_azure_hcl({.hcl_report = paravisor.report(),
                      .certificates = certificates,
                      .revocation_lists = {},
                      .rules = snp,
                      .now = kNow,
                      .roots = roots},
                     checks);
    return failure(checks);
  };
  EXPECT_EQ(judged("platform_info_forbidden = \"smt\""), "accepted");
  EXPECT_EQ(judged("platform_info_required = \"smt\""), "policy.platform_info.required");
  EXPECT_EQ(judged("chip_ids = \"" + std::string(128, '1') + "\""), "policy.chip_id");
  EXPECT_EQ(judged("guest_policy = { single_socket = true }"), "policy.guest_policy.single_socket");
}

// Off unless a policy names them: then a waived check says what is there.
TEST(SnpPlatformRules, SayHowThingsStandWhereThePolicyIsSilent) {
  Platform platform = version_5();
  platform.set<std::uint64_t>(kPlatformInfo, 0x25);
  const CheckList checks = judge(platform, "");
  EXPECT_EQ(failure(checks), "accepted");
  for (const auto& [name, text] :
       {std::pair{"policy.platform_info", "smt, ecc, alias_check on here"}, std::pair{"policy.chip_id", "5c5c5c"},
        std::pair{"policy.firmware", "0.0.0 here"}, std::pair{"policy.launch_mitigations", "0xb"},
        std::pair{"policy.current_mitigations", "0xf"}, std::pair{"policy.guest_policy", "none on here"},
        std::pair{"policy.guest_abi", "0.0 here"}, std::pair{"policy.author_key", "no author key is enabled"}}) {
    const Check check = check_named(checks, name);
    EXPECT_EQ(check.outcome, Outcome::kWaived) << name;
    EXPECT_NE(check.source.find(text), std::string::npos) << check.source;
  }
}

}  // namespace
}  // namespace minions::attestation
