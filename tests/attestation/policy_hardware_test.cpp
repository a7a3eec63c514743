// The keys of [snp], [tdx] and [gpu] that most policies do without: each is read, shown, and refused with its line.
#include <gtest/gtest.h>

#include "attestation/policy/policy.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

Result<AppraisalPolicy> parse(std::string_view toml) { return AppraisalPolicy::parse(toml, "p.toml"); }

std::string hex(std::size_t bytes, char digit) { return std::string(2 * bytes, digit); }

const std::string kSnp = "[snp]\nchip_ids = [\"" + hex(64, 'a') + "\", \"" + hex(8, 'B') +
                         "\"]\n"
                         "platform_info_required = [\"ecc\", \"alias_check\"]\n"
                         "platform_info_forbidden = \"smt\"\n"
                         "min_firmware = \"1.55.29\"\n"
                         "allow_provisional_firmware = false\n"
                         "launch_mitigations = 0x0b\n"
                         "current_mitigations = 3\n"
                         "guest_policy = { single_socket = true, cxl_allow = false }\n"
                         "min_guest_abi = \"1.51\"\n"
                         "author_key = \"none\"\n";
const std::string kTdx = "[tdx]\nplatforms = [{ mrtd = \"" + hex(48, 'a') + "\", rtmr0 = \"" + hex(48, 'b') +
                         "\" }, { mrtd = \"" + hex(48, 'c') + "\", rtmr0 = \"" + hex(48, 'd') +
                         "\" }]\n"
                         "fmspc = \"50806F000000\"\n"
                         "ppids = [\"" +
                         hex(16, '9') + "\"]\nmrsignerseam = \"" + hex(48, '0') + "\"\nseam_attributes = \"" +
                         hex(8, '0') + "\"\ntee_tcb_svn2 = [\"" + hex(16, '1') + "\"]\nmin_tee_tcb_svn2 = \"" +
                         hex(16, '2') + "\"\nmrservicetd = \"" + hex(48, 'e') + "\"\n";
const std::string kGpu = "[gpu]\nmode = [\"SPT\", \"PPCIE\"]\n";

TEST(HardwareKeys, AreReadWithTheirLines) {
  const auto policy = parse(kSnp + kTdx + kGpu);
  ASSERT_TRUE(policy) << policy.error().detail;
  const SnpRules& snp = policy->rules().snp;
  EXPECT_EQ(to_hex(snp.chip_ids->value.at(1)), hex(8, 'b') + hex(56, '0')) << "a Turin chip's id, filled up";
  EXPECT_EQ(snp.chip_ids->source, "policy line 2");
  EXPECT_EQ(snp.platform_info_required->value, (std::vector<std::string>{"ecc", "alias_check"}));
  EXPECT_EQ(snp.platform_info_forbidden->value, std::vector<std::string>{"smt"});
  EXPECT_EQ(snp.min_firmware->value, "1.55.29");
  EXPECT_FALSE(snp.allow_provisional_firmware->value);
  EXPECT_EQ(snp.launch_mitigations->value, 11U);
  EXPECT_EQ(snp.current_mitigations->source, "policy line 8");
  EXPECT_FALSE(snp.guest_policy.find("cxl_allow")->second.value);
  EXPECT_EQ(snp.min_guest_abi->value, "1.51");
  EXPECT_EQ(snp.author_key->value, AuthorKeyMode::kNone);
  const TdxRules& tdx = policy->rules().tdx;
  EXPECT_EQ(tdx.platforms->value.size(), 2U);
  EXPECT_EQ(to_hex(tdx.platforms->value.at(1).rtmr0), hex(48, 'd'));
  EXPECT_EQ(to_hex(tdx.fmspc->value.at(0)), "50806f000000");
  EXPECT_EQ(tdx.min_tee_tcb_svn2->value[15], 0x22);
  EXPECT_TRUE(tdx.ppids && tdx.mrsignerseam && tdx.seam_attributes && tdx.tee_tcb_svn2 && tdx.mrservicetd);
  EXPECT_EQ(policy->rules().gpu.mode->value.size(), 2U);
  EXPECT_TRUE(parse("[gpu]\nnone = true\n")->rules().gpu.none.value);
}

TEST(HardwareKeys, ReadPlatformsFromTablesToo) {
  const auto policy = parse("[[tdx.platforms]]\nmrtd = \"" + hex(48, 'A') + "\"\nrtmr0 = \"" + hex(48, 'B') + "\"\n");
  ASSERT_TRUE(policy) << policy.error().detail;
  EXPECT_EQ(to_hex(policy->rules().tdx.platforms->value.at(0).mrtd), hex(48, 'a'));
}

// Every rule's text is read back as the rule that it is.
TEST(HardwareKeys, AreShownAsAPolicyWritesThem) {
  const auto policy = parse(kSnp + kTdx + kGpu);
  ASSERT_TRUE(policy) << policy.error().detail;
  std::map<std::string, RuleText> rules;
  for (const RuleText& rule : describe(policy->rules()))
    EXPECT_TRUE(rules.emplace(rule.name, rule).second) << rule.name;
  EXPECT_EQ(rules.at("[snp] guest_policy.single_socket").value, "true");
  EXPECT_EQ(rules.at("[snp] author_key").value, "\"none\"");
  EXPECT_EQ(rules.at("[snp] launch_mitigations").value, "11");
  EXPECT_EQ(rules.at("[tdx] min_tee_tcb_svn2").value, "\"" + hex(16, '2') + "\"");
  EXPECT_EQ(rules.at("[gpu] mode").value, R"(["SPT", "PPCIE"])");
  EXPECT_EQ(rules.at("[gpu] none").value, "false");
  std::string again;
  for (const auto& [name, rule] : rules) {
    if (rule.value == "not set" || rule.source == "built-in") continue;
    const std::size_t space = name.find(' ');
    again += name.substr(1, space - 2) + "." + name.substr(space + 1) + " = " + rule.value + "\n";
  }
  const auto reread = parse(again);
  ASSERT_TRUE(reread) << reread.error().detail << "\n" << again;
  for (const RuleText& rule : describe(reread->rules())) EXPECT_EQ(rule.value, rules.at(rule.name).value) << rule.name;
}

TEST(HardwareKeys, AreNotSetWhereAPolicyIsSilent) {
  std::map<std::string, std::string> rules;
  for (const RuleText& rule : describe(AppraisalPolicy::built_in().rules())) rules[rule.name] = rule.value;
  for (const std::string key :
       {"[snp] chip_ids", "[snp] platform_info_required", "[snp] platform_info_forbidden", "[snp] min_firmware",
        "[snp] allow_provisional_firmware", "[snp] launch_mitigations", "[snp] current_mitigations",
        "[snp] guest_policy", "[snp] min_guest_abi", "[snp] author_key", "[tdx] platforms", "[tdx] fmspc",
        "[tdx] ppids", "[tdx] mrsignerseam", "[tdx] seam_attributes", "[tdx] tee_tcb_svn2", "[tdx] min_tee_tcb_svn2",
        "[tdx] mrservicetd", "[gpu] mode"}) {
    EXPECT_EQ(rules.at(key), "not set") << key;
  }
}

TEST(HardwareKeys, AreRefusedWithLineWantAndFound) {
  struct Case {
    std::string toml;
    std::string detail;
  };
  for (const Case& each : {
           Case{"[snp]\nplatform_info_required = \"turbo\"\n",
                "p.toml line 2: [snp] \"platform_info_required\": want names out of smt, tsme, ecc, rapl_dis, "
                "ciphertext_hiding, alias_check, tio, found \"turbo\""},
           Case{"[snp]\nguest_policy = { debug = true }\n",
                "p.toml line 2: [snp] \"guest_policy\" \"debug\": want single_socket, cxl_allow, mem_aes_256_xts, "
                "rapl_dis, ciphertext_hiding, page_swap_disable, found \"debug\""},
           Case{"[snp]\nauthor_key = \"any\"\n",
                "p.toml line 2: [snp] \"author_key\": want \"none\" or \"require\", found \"any\""},
           Case{"[snp]\nmin_firmware = \"1.55.29.1\"\n",
                "p.toml line 2: [snp] \"min_firmware\": want a version such as 1.55.29, found \"1.55.29.1\""},
           Case{"[tdx]\nplatforms = []\n",
                "p.toml line 2: [tdx] \"platforms\": want an array of tables of mrtd and rtmr0, found an array of 0"},
           Case{"[tdx]\nplatforms = [{ mrtd = \"" + hex(48, 'a') + "\" }]\n",
                "p.toml line 2: [tdx] \"platforms\": want a table of mrtd and rtmr0, found mrtd alone"},
           Case{"[gpu]\nmode = \"CC\"\n",
                "p.toml line 2: [gpu] \"mode\": want names out of SPT, MPT, PPCIE, found \"CC\""},
       }) {
    const auto policy = parse(each.toml);
    ASSERT_FALSE(policy) << each.toml;
    EXPECT_EQ(policy.error().code, ErrorCode::kUsage);
    EXPECT_EQ(policy.error().detail, each.detail);
  }
  for (const std::string& toml : std::vector<std::string>{
           "[snp]\nchip_ids = \"" + hex(64, '0') + "\"", "[snp]\nchip_ids = \"" + hex(32, 'a') + "\"",
           "[snp]\nplatform_info_forbidden = []", "[snp]\nallow_provisional_firmware = \"no\"",
           "[snp]\nlaunch_mitigations = -1", "[snp]\nlaunch_mitigations = \"0xb\"", "[snp]\nguest_policy = true",
           "[snp]\nguest_policy = { cxl_allow = 0 }", "[snp]\nmin_guest_abi = \"1.51.2\"",
           "[snp]\nmin_guest_abi = \"x\"", "[tdx]\nplatforms = [\"" + hex(48, 'a') + "\"]",
           "[tdx]\nplatforms = { mrtd = \"" + hex(48, 'a') + "\" }",
           "[tdx]\nplatforms = [{ mrtd = \"a\", rtmr0 = \"" + hex(48, 'a') + "\" }]",
           "[tdx]\nplatforms = [{ mrtd = \"" + hex(48, 'a') + "\", rtmr1 = \"" + hex(48, 'a') + "\" }]",
           "[tdx]\nfmspc = \"50806f\"", "[tdx]\nppids = \"" + hex(15, 'a') + "\"",
           "[tdx]\nmin_tee_tcb_svn2 = [\"" + hex(16, '0') + "\", \"" + hex(16, '1') + "\"]", "[gpu]\nnone = 1",
           "[gpu]\nmode = []"}) {
    const auto policy = parse(toml);
    ASSERT_FALSE(policy) << toml;
    EXPECT_EQ(policy.error().detail.find("p.toml line 2: "), 0U) << policy.error().detail;
  }
}

TEST(HardwareKeys, MustLeaveEachOtherSomethingToAccept) {
  const auto detail = [](std::string_view toml) {
    const auto policy = parse(toml);
    return policy ? std::string("accepted") : policy.error().detail;
  };
  EXPECT_EQ(detail("[gpu]\ncount = 1\nnone = true\n"),
            "p.toml line 3: [gpu] none: want no rule about gpus beside it, found count = 1 (policy line 2)");
  for (const std::string rule :
       {"min_driver = \"550.1\"", "min_vbios = \"96.00\"", "models = \"GH100\"", "rim = \"off\"", "ocsp = \"off\"",
        "nras = \"off\"", "mode = \"SPT\"", "require_secboot = true", "require_dbgstat_disabled = false"}) {
    EXPECT_NE(detail("[gpu]\nnone = true\n" + rule + "\n").find("p.toml line 2: [gpu] none: want no rule"),
              std::string::npos)
        << rule;
  }
  EXPECT_EQ(detail("[gpu]\nnone = true\ncount = 0\n"), "accepted");
  EXPECT_EQ(detail("[gpu]\nnone = false\ncount = 2\n"), "accepted");
  EXPECT_EQ(detail("[snp]\nauthor_key = \"none\"\nauthor_key_digests = \"" + hex(48, 'a') + "\"\n"),
            "p.toml line 2: [snp] author_key: want no author_key_digests beside \"none\", found some (policy line 3)");
  EXPECT_EQ(detail("[snp]\nplatform_info_required = \"ecc\"\nplatform_info_forbidden = [\"smt\", \"ecc\"]\n"),
            "p.toml line 3: [snp] platform_info_forbidden: want other bits than those that are required, found ecc "
            "(policy line 2)");
}

TEST(HardwareKeys, TakeHexOfEitherCase) {
  const std::string upper = hex(48, 'A');
  const auto policy = parse("[snp]\nmeasurements = \"" + upper + "\"\npcrs = { 4 = \"" + hex(32, 'F') +
                            "\" }\n[attestor]\nspki_sha256 = \"" + hex(32, 'C') + "\"\n[models]\nweights = { a = \"" +
                            hex(32, 'D') + "\" }\n[gpu]\nmin_vbios = \"96.00.9f\"\n");
  ASSERT_TRUE(policy) << policy.error().detail;
  EXPECT_EQ(to_hex(policy->rules().snp.measurements->value.at(0)), hex(48, 'a'));
  EXPECT_EQ(to_hex(policy->rules().snp.pcrs.at(4).value.at(0)), hex(32, 'f'));
  EXPECT_EQ(policy->rules().model_weights.at("a").value, hex(32, 'd'));
  const auto flagged = AppraisalPolicy::built_in().with({.vm_launch_measurement = upper + "\n"});
  ASSERT_TRUE(flagged) << flagged.error().detail;
  EXPECT_EQ(to_hex(flagged->rules().tdx.measurements->value.at(0)), hex(48, 'a'));
  EXPECT_TRUE(policy->with({.vm_launch_measurement = hex(48, 'a')}));
}

}  // namespace
}  // namespace minions::attestation
