#include "attestation/policy/policy.h"

#include "attestation/core/check_table.h"
#include "attestation/vectors.h"

namespace minions::attestation {
namespace {

const std::string kMeasurement(96, 'a');
const std::string kDigest(64, 'b');

Result<AppraisalPolicy> parse(std::string_view toml) { return AppraisalPolicy::parse(toml, "p.toml"); }

TEST(AppraisalPolicy, DemandsHardwareByDefault) {
  const AppraisalPolicy policy = AppraisalPolicy::built_in();
  const PolicyRules& rules = policy.rules();
  EXPECT_FALSE(rules.allow_simulated.value);
  EXPECT_FALSE(rules.snp.allow_debug.value);
  EXPECT_FALSE(rules.tdx.allow_debug.value);
  EXPECT_FALSE(rules.allow_remote_models.value);
  EXPECT_EQ(rules.snp.max_vmpl.value, 0U);
  EXPECT_EQ(rules.tdx.accepted_tcb.value, std::vector<std::string>{"UpToDate"});
  EXPECT_EQ(rules.gpu.rim.value, RimMode::kRequire);
  EXPECT_EQ(rules.freshness.value, FreshnessMode::kNonce);
  EXPECT_EQ(rules.tls.value, TlsMode::kIfListed);
  EXPECT_EQ(rules.tls.source, "built-in");
}

TEST(AppraisalPolicy, ReadsEveryKeyWithItsLine) {
  const auto policy =
      parse("[snp]\nallow_debug = true\nmax_vmpl = 1\nallow_migration_agent = true\nmeasurements = [\"" + kMeasurement +
            "\"]\nhost_data = \"" + kDigest + "\"\nid_key_digests = \"" + kMeasurement +
            "\"\nmin_tcb = { microcode = 0xd1, snp = 20 }\npcrs = { 4 = \"" + kDigest +
            "\" }\n[tdx]\nallow_debug = true\naccepted_tcb = [\"UpToDate\", \"SWHardeningNeeded\"]\nmeasurements = \"" +
            kMeasurement + "\"\nrtmr0 = \"" + kMeasurement + "\"\nrtmr3 = \"" + kMeasurement +
            "\"\n[gpu]\nrequire_secboot = false\nrequire_dbgstat_disabled = false\ncount = 8\nrim = \"if-present\"\n"
            "ocsp = \"off\"\n[jwt]\nleeway_s = 5\nmaa_issuer = \"https://m\"\n[simulated]\nallow = false\n"
            "[attestor]\nspki_sha256 = \"" +
            kDigest +
            "\"\n[tls]\nmode = \"require\"\n[freshness]\nmode = \"cached\"\n[models]\nallow_remote = true\n"
            "ids = [\"a\", \"b\"]\nweights = { \"a/b\" = \"" +
            kDigest + "\" }\nprojectors = { \"a/b\" = \"" + std::string(64, 'c') +
            "\" }\n[session]\nsuite = \"hybrid\"\n[waive]\n\"models.weights\" = \"why\"\ntls.spki = \"dotted\"\n"
            "models.projectors = \"no pictures\"\n");
  ASSERT_TRUE(policy) << policy.error().detail;
  const PolicyRules& rules = policy->rules();
  EXPECT_TRUE(rules.snp.allow_debug.value);
  EXPECT_EQ(rules.snp.max_vmpl.source, "policy line 3");
  EXPECT_EQ(rules.snp.measurements->source, "policy line 5");
  EXPECT_EQ(rules.snp.min_tcb.at("microcode").value, 0xd1U);
  EXPECT_EQ(rules.snp.min_tcb.at("microcode").source, "policy line 8");
  EXPECT_EQ(rules.snp.pcrs.at(4).value.size(), 1U);
  EXPECT_EQ(rules.tdx.accepted_tcb.value.size(), 2U);
  EXPECT_TRUE(rules.tdx.rtmrs[0] && rules.tdx.rtmrs[3] && !rules.tdx.rtmrs[1]);
  EXPECT_EQ(rules.gpu.count->value, 8U);
  EXPECT_EQ(rules.gpu.rim.value, RimMode::kIfPresent);
  EXPECT_EQ(rules.gpu.ocsp.value, OcspMode::kOff);
  EXPECT_EQ(rules.leeway_s.value, 5U) << "by its old name";
  EXPECT_EQ(rules.jwt.maa_issuer->value, "https://m");
  EXPECT_NE(rules.allow_simulated.source, "built-in");
  EXPECT_EQ(to_hex(rules.operator_key_sha256->value.at(0)), kDigest);
  EXPECT_EQ(rules.tls.value, TlsMode::kRequire);
  EXPECT_EQ(rules.freshness.value, FreshnessMode::kCached);
  EXPECT_EQ(rules.model_ids->value.size(), 2U);
  EXPECT_EQ(rules.model_weights.at("a/b").value, kDigest);
  EXPECT_EQ(rules.model_projectors.at("a/b").value, std::string(64, 'c'));
  EXPECT_EQ(rules.model_projectors.at("a/b").source, "policy line 37");
  EXPECT_EQ(rules.suite->value, Suite::kHybrid);
  EXPECT_EQ(rules.waived.at("models.weights").value, "why");
  EXPECT_EQ(rules.waived.at("models.projectors").value, "no pictures");
  EXPECT_EQ(rules.waived.at("tls.spki").value, "dotted");
}

TEST(AppraisalPolicy, NamesFileLineWantAndFound) {
  EXPECT_EQ(parse("[snp]\n\nmax_vmpl = \"x\"\n").error().detail,
            "p.toml line 3: [snp] \"max_vmpl\": want an integer from 0 to 3, found \"x\"");
  EXPECT_EQ(parse("[snp]\nmax_vmpl = 4\n").error().detail,
            "p.toml line 2: [snp] \"max_vmpl\": want an integer from 0 to 3, found 4");
  EXPECT_EQ(parse("\n[tls]\nmode = \"never\"\n").error().detail,
            "p.toml line 3: [tls] \"mode\": want \"require\" or \"if-listed\" or \"off\", found \"never\"");
  const std::string unknown = parse("\n[simulatd]\nallow = true\n").error().detail;
  EXPECT_EQ(unknown.find("p.toml line 2: "), 0U) << unknown;
  EXPECT_NE(unknown.find("simulated"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("found \"simulatd\""), std::string::npos) << unknown;
  EXPECT_EQ(parse("[simulated]\nalow = true\n").error().detail,
            "p.toml line 2: [simulated] \"alow\": want a key out of allow, found \"alow\"");
  EXPECT_EQ(parse("[snp\n").error().detail.find("p.toml line 1: not TOML: "), 0U);
}

// Whoever answers there chooses the keys that tokens are verified with.
TEST(AppraisalPolicy, RefusesAnIssuerThatIsNotHttps) {
  for (const std::string key : {"maa_issuer", "nras_issuer"}) {
    EXPECT_EQ(parse("[jwt]\n" + key + " = \"http://x.attest.azure.net\"\n").error().detail,
              "p.toml line 2: [jwt] \"" + key +
                  "\": want an https:// address, of host and path alone, found \"http://x.attest.azure.net\"");
    for (const std::string address : {"http://127.0.0.1:8080", "HTTPS://m", "https:/m", "https://", "https:///keys",
                                      "m", "https://m/?q", "https://u@m", "https://m/#f", "https://m n",
                                      "https://m\\u0007", "https://\\u202em", " https://m", "ftp://m"}) {
      EXPECT_EQ(parse("[jwt]\n" + key + " = \"" + address + "\"\n").error().code, ErrorCode::kUsage) << address;
    }
    EXPECT_TRUE(parse("[jwt]\n" + key + " = \"https://m.example:8443/tenant\"\n"));
  }
}

TEST(AppraisalPolicy, RefusesWrongTypesAndValues) {
  std::string deep;
  for (int i = 0; i < 60'000; ++i) deep += "a.";
  const std::string cases[] = {
      "allow = true",
      "tls = 1",
      "[simulated]\nallow = 1",
      "[simulated]\nallow = \"true\"",
      "[simulated]\nallow = [true]",
      "[snp]\nmax_vmpl = -1",
      "[snp]\nmax_vmpl = 0.0",
      "[snp]\nmeasurements = []",
      "[snp]\nmeasurements = 5",
      "[snp]\nmeasurements = [\"" + kDigest + "\"]",
      "[snp]\nmeasurements = \"" + std::string(96, 'G') + "\"",
      "[snp]\nmeasurements = [\"" + kMeasurement + "\", 1]",
      "[snp]\nmin_tcb = 7",
      "[snp]\nmin_tcb = { ucode = 1 }",
      "[snp]\nmin_tcb = { microcode = 256 }",
      "[snp]\npcrs = { 24 = \"" + kDigest + "\" }",
      "[snp]\npcrs = { 04 = \"" + kDigest + "\" }",
      "[tdx]\naccepted_tcb = [\"Revoked\"]",
      "[tdx]\naccepted_tcb = []",
      "[roots]\namd = \"12\"",
      "[roots]\namd = []",
      "[roots]\nazure = \"" + kDigest + "\"",
      "[attestor]\nallow_overrides = 1",
      "[tdx]\nrtmr4 = \"" + kMeasurement + "\"",
      "[gpu]\nrim = true",
      "[gpu]\nocsp = \"if-present\"",
      "[jwt]\nleeway_s = 301",
      "[freshness]\nleeway_s = 301",
      "[snp]\ncrl = \"if-present\"",
      "[attestor]\nspki_sha256 = \"\"",
      "[freshness]\nmode = \"Nonce\"",
      "[models]\nids = [1]",
      "[models]\nids = [\"\"]",
      "[models]\nweights = { a = \"12\" }",
      "[models]\nprojectors = { a = \"12\" }",
      "[models]\nprojectors = \"" + kDigest + "\"",
      "[models]\nprojectors = { a = [\"" + kDigest + "\", \"" + kDigest + "\"] }",
      "[session]\nsuite = \"Noise_NN_25519_AESGCM_SHA256\"",
      "[waive]\n\"attestor.signature\" = \"no\"",
      "[waive]\nnonce = \"no\"",
      "[waive]\nbinding = \"no\"",
      "[waive]\n\"simulated.allowed\" = \"no\"",
      "[waive]\n\"tls.spki\" = \"\"",
      "[waive]\n\"tls.spki\" = true",
      "[waive]\ntls = \"no\"",
      // A rule that names nothing would be none.
      "[models]\nweights = {}",
      "[models]\nprojectors = {}",
      "[snp]\nmin_tcb = {}",
      "[snp]\nguest_policy = {}",
      "[snp]\npcrs = {}",
      "[snp.pcrs]\n[tdx]",
      "[tdx.pcrs]",
      // Each dot is a table in the one before.
      "snp." + deep + "a = 1",
      "[" + deep + "a]",
      "[simulated]\nallow = true\nallow = true",
  };
  for (const std::string& toml : cases) {
    const auto policy = parse(toml);
    ASSERT_FALSE(policy) << toml;
    EXPECT_EQ(policy.error().code, ErrorCode::kUsage) << toml;
    EXPECT_EQ(policy.error().detail.find("p.toml line "), 0U) << policy.error().detail;
  }
}

TEST(PolicyFlags, FillInWhatThePolicyLeavesOpen) {
  const auto policy = AppraisalPolicy::built_in().with(
      {.simulated = PolicyFlags::Simulated::kAllow,
       .trusted_attestation_pem = pinned_pem(),
       .vm_launch_measurement = " " + kMeasurement.substr(0, 40) + "\n" + kMeasurement.substr(40) + "\r\n"});
  ASSERT_TRUE(policy) << policy.error().detail;
  EXPECT_TRUE(policy->rules().allow_simulated.value);
  EXPECT_EQ(policy->rules().allow_simulated.source, "flag --allow-simulated");
  EXPECT_EQ(policy->rules().operator_key_sha256->source, "flag --trusted-attestation-pem");
  EXPECT_EQ(to_hex(policy->rules().snp.measurements->value.at(0)), kMeasurement);
  EXPECT_EQ(policy->rules().tdx.measurements->source, "flag --vm-launch-measurement");
}

TEST(PolicyFlags, NeverContradictThePolicy) {
  const PolicyFlags simulated{.simulated = PolicyFlags::Simulated::kAllow};
  const auto refused = parse("[simulated]\nallow = false\n").value().with(simulated);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_NE(refused.error().detail.find("policy line 2"), std::string::npos);
  EXPECT_TRUE(parse("[simulated]\nallow = true\n").value().with(simulated));
  EXPECT_TRUE(parse("[tls]\nmode = \"off\"\n").value().with(simulated));

  const PolicyFlags pem{.trusted_attestation_pem = pinned_pem()};
  EXPECT_EQ(parse("[attestor]\nspki_sha256 = \"" + kDigest + "\"\n").value().with(pem).error().code, ErrorCode::kUsage);
  const auto own = AppraisalPolicy::built_in().with(pem).value().rules().operator_key_sha256->value.at(0);
  EXPECT_TRUE(parse("[attestor]\nspki_sha256 = [\"" + kDigest + "\", \"" + to_hex(own) + "\"]\n").value().with(pem));

  const PolicyFlags measured{.vm_launch_measurement = kMeasurement};
  EXPECT_EQ(parse("[tdx]\nmeasurements = \"" + std::string(96, 'c') + "\"\n").value().with(measured).error().code,
            ErrorCode::kUsage);
  EXPECT_TRUE(parse("[tdx]\nmeasurements = \"" + kMeasurement + "\"\n").value().with(measured));
}

TEST(PolicyFlags, RefuseFilesOfAnotherKind) {
  EXPECT_EQ(AppraisalPolicy::built_in().with({.trusted_attestation_pem = "no key"}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(AppraisalPolicy::built_in().with({.vm_launch_measurement = "abc"}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(AppraisalPolicy::built_in().with({.vm_launch_measurement = ""}).error().code, ErrorCode::kUsage);
}

TEST(AppraisalPolicy, HasADigestOfItsDemands) {
  const AppraisalPolicy built_in = AppraisalPolicy::built_in();
  const auto off = parse("[tls]\nmode = \"off\"\n").value();
  const PolicyFlags simulated{.simulated = PolicyFlags::Simulated::kAllow};
  EXPECT_EQ(off.digest(), parse("[tls]\nmode = \"off\"\n")->digest());
  EXPECT_EQ(off.digest(), off.with({})->digest());
  EXPECT_NE(off.digest(), built_in.digest());
  EXPECT_NE(off.digest(), parse("[tls]\nmode = \"require\"\n")->digest());
  EXPECT_NE(off.digest(), off.with(simulated)->digest());
  EXPECT_NE(built_in.with(simulated)->digest(), built_in.with({.trusted_attestation_pem = pinned_pem()})->digest());
}

// Every rule's text is read back as the rule that it is.
TEST(AppraisalPolicy, ShowsItsRulesAsAPolicyWritesThem) {
  const auto policy = parse(
      "[snp]\nvmpl = 0\nallow_smt = false\nauthor_key_digests = \"" + kMeasurement + "\"\nfamily_ids = \"" +
      kDigest.substr(32) + "\"\nmin_guest_svn = 3\nmin_tcb = { snp = 20, microcode = 0xd1 }\npcrs = { 4 = \"" +
      kDigest + "\" }\nrequire_secure_boot = false\n[tdx]\nmin_tcb_evaluation = 17\nmrseam = \"" + kMeasurement +
      "\"\ntd_attributes = \"0000001000000000\"\nallow_migration = true\nrequire_sept_ve_disable = false\n"
      "[gpu]\nmodels = [\"GH100\", \"GB100\"]\nmin_driver = \"550.90.07\"\nmin_vbios = \"96.00.9F.00.01\"\n"
      "nras = \"require\"\n[jwt]\nmaa = \"off\"\nnras_issuer = \"https://n\"\n[models]\nweights = { \"a/b\" = \"" +
      kDigest + "\" }\nprojectors = { \"a/b\" = \"" + kDigest + "\", c = \"" + std::string(64, 'd') +
      "\" }\n[session]\nsuite = \"classical\"\n[waive]\n\"gpu.count\" = \"a lab\"\n");
  ASSERT_TRUE(policy) << policy.error().detail;
  std::map<std::string, RuleText> rules;
  for (const RuleText& rule : describe(policy->rules()))
    EXPECT_TRUE(rules.emplace(rule.name, rule).second) << rule.name;
  EXPECT_EQ(rules.at("[snp] vmpl").value, "0");
  EXPECT_EQ(rules.at("[snp] min_tcb.microcode").value, "209");
  EXPECT_EQ(rules.at("[snp] min_tcb.microcode").source, "policy line 7");
  EXPECT_EQ(rules.at("[snp] pcrs.4").value, "[\"" + kDigest + "\"]");
  EXPECT_EQ(rules.at("[snp] measurements").value, "not set");
  EXPECT_EQ(rules.at("[snp] max_vmpl").source, "built-in");
  EXPECT_EQ(rules.at("[tdx] td_attributes").value, "[\"0000001000000000\"]");
  EXPECT_EQ(rules.at("[gpu] models").value, R"(["GH100", "GB100"])");
  EXPECT_EQ(rules.at("[gpu] nras").value, "\"require\"");
  EXPECT_EQ(rules.at("[jwt] maa").value, "\"off\"");
  EXPECT_EQ(rules.at("[models] weights.\"a/b\"").value, "\"" + kDigest + "\"");
  EXPECT_EQ(rules.at("[models] projectors.\"a/b\"").value, "\"" + kDigest + "\"");
  EXPECT_EQ(rules.at("[models] projectors.c").value, "\"" + std::string(64, 'd') + "\"");
  EXPECT_EQ(rules.at("[session] suite").value, "\"classical\"");
  EXPECT_EQ(rules.at("[waive] \"gpu.count\"").value, "\"a lab\"");

  std::string again;
  for (const auto& [name, rule] : rules) {
    if (rule.value == "not set") continue;
    const std::size_t space = name.find(' ');
    again += name.substr(1, space - 2) + "." + name.substr(space + 1) + " = " + rule.value + "\n";
  }
  const auto reread = parse(again);
  ASSERT_TRUE(reread) << reread.error().detail << "\n" << again;
  for (const RuleText& rule : describe(reread->rules())) EXPECT_EQ(rule.value, rules.at(rule.name).value) << rule.name;
}

TEST(AppraisalPolicy, SaysWhatWeakensIt) {
  const auto weak = [](std::string_view toml) {
    std::string all;
    const auto policy = parse(toml);
    EXPECT_TRUE(policy) << policy.error().detail;
    if (!policy) return all;
    for (const std::string& line : weaknesses(policy->rules())) all += line + "\n";
    return all;
  };
  // In dotted keys, so that a case can add one to a table.
  const std::string strict = "snp.measurements = \"" + kMeasurement +
                             "\"\nsnp.min_tcb = { microcode = 200 }\nsnp.crl = \"require\"\nmodels.ids = \"a\"\n";
  EXPECT_EQ(weak(strict), "");
  EXPECT_NE(weak("").find("[snp] crl is not \"require\""), std::string::npos);
  EXPECT_NE(weak("").find("no server is accepted"), std::string::npos);
  for (const std::string& more : std::vector<std::string>{
           "snp.allow_debug = true", "snp.max_vmpl = 1", "snp.require_secure_boot = false",
           "snp.allow_migration_agent = true", "tdx.allow_debug = true", "tdx.accepted_tcb = \"OutOfDate\"",
           "tdx.require_sept_ve_disable = false", "gpu.rim = \"off\"", "gpu.ocsp = \"off\"",
           "gpu.require_secboot = false", "gpu.count = 1", "simulated.allow = true", "attestor.allow_overrides = true",
           "roots.amd = \"" + kDigest + "\"", "tls.mode = \"off\"", "freshness.mode = \"cached\"",
           "waive.\"tls.spki\" = \"x\""}) {
    const std::string lines = weak(more + "\n" + strict);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << more << ": " << lines;
  }
}

TEST(Waivers, CoverTheirCheckAndNoOther) {
  EXPECT_TRUE(waiver_covers("models.projectors", "models.projectors"));
  EXPECT_FALSE(waiver_covers("models.weights", "models.projectors"));
  EXPECT_TRUE(waiver_covers("gpu.count", "gpu.count"));
  EXPECT_FALSE(waiver_covers("gpu.count", "gpu.counter"));
  EXPECT_TRUE(waiver_covers("evidence.sev-snp.tcb", "evidence.sev-snp.tcb.microcode"));
  EXPECT_FALSE(waiver_covers("evidence.sev-snp.tcb", "evidence.sev-snp.tcbx"));
  EXPECT_FALSE(waiver_covers("evidence.sev-snp.tcb", "evidence.azure-snp-vtpm.tcb.microcode"));
  EXPECT_TRUE(waiver_covers("evidence.tdx.tcb", "evidence.tdx.tcb"));
  EXPECT_FALSE(waiver_covers("evidence.tdx.tcb", "evidence.tdx.tcb.not_revoked"));
  EXPECT_FALSE(waiver_covers("evidence.tdx.tcb", "evidence.tdx.tcb.tcb_info_window"));
  EXPECT_TRUE(waiver_covers("evidence.nvidia-gpu.rim", "evidence.nvidia-gpu.rim.driver"));
  EXPECT_TRUE(waiver_covers("evidence.nvidia-gpu.ocsp", "evidence.nvidia-gpu.policy.ocsp"));
  EXPECT_FALSE(waiver_covers("evidence.nvidia-gpu.ocsp", "evidence.nvidia-gpu.policy.driver"));
  EXPECT_TRUE(waiver_covers("evidence.nvidia-gpu.ocsp", "evidence.nvidia-gpu.policy.ocsp.driver_rim"));
  EXPECT_FALSE(waiver_covers("evidence.nvidia-gpu.ocsp", "evidence.nvidia-gpu.policy.ocsp.not_revoked"));
  EXPECT_FALSE(waiver_covers("evidence.nvidia-gpu.ocsp", "evidence.nvidia-gpu.policy.ocsp.driver_rim.not_revoked"));
}

TEST(Policy, HasOneToleranceUnderTwoNames) {
  EXPECT_EQ(parse("")->rules().leeway_s.value, 60U);
  EXPECT_EQ(parse("[freshness]\nleeway_s = 0\n")->rules().leeway_s.value, 0U);
  const auto old = parse("[jwt]\nleeway_s = 5\n");
  EXPECT_EQ(old->rules().leeway_s.value, 5U);
  EXPECT_EQ(old->rules().leeway_s.source, "policy line 2");
  EXPECT_EQ(parse("[freshness]\nleeway_s = 5\n[jwt]\nleeway_s = 5\n")->rules().leeway_s.value, 5U);
  const auto both = parse("[freshness]\nleeway_s = 6\n[jwt]\nleeway_s = 5\n");
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().code, ErrorCode::kUsage);
  EXPECT_EQ(
      both.error().detail,
      "p.toml: [freshness] leeway_s is 6 (policy line 2), [jwt] leeway_s is 5 (policy line 4): these are two names "
      "of one rule, want one value");
}

TEST(Policy, SaysWhetherAmdsListMustBeThere) {
  EXPECT_EQ(parse("")->rules().snp.crl.value, CrlMode::kIfAvailable);
  EXPECT_EQ(parse("[snp]\ncrl = \"require\"\n")->rules().snp.crl.value, CrlMode::kRequire);
}

}  // namespace
}  // namespace minions::attestation
