// What a policy can reach on each kind of machine, and who could read.
#include "attestation/core/verdict.h"
#include "attestation/core/check_table.h"

#include <gtest/gtest.h>

#include "attestation/core/result.h"
#include "attestation/vectors.h"

namespace minions::attestation {
namespace {

const std::string kDigest48 = std::string(96, 'a');
const std::string kDigest32 = std::string(64, 'b');
const std::string kZeros32 = std::string(64, '0');

AppraisalPolicy policy(const std::string& toml) {
  auto parsed = AppraisalPolicy::parse(toml, "p.toml");
  EXPECT_TRUE(parsed) << parsed.error().detail << "\n" << toml;
  return *std::move(parsed);
}

std::string missing_of(const PolicyReach& reach) {
  std::string text;
  for (const Gap& gap : reach.missing) text += gap.text() + "\n";
  return text;
}

// Lines that reach `confidential` on a kind, each of which is needed.
struct Complete {
  std::string kind;
  std::vector<std::string> lines;  // "[table] key = value"
};

const std::vector<Complete>& complete_policies() {
  static const std::vector<Complete> policies = {
      {"sev-snp", {"snp.measurements = \"" + kDigest48 + "\"", "snp.covers = \"root\"", "gpu.none = true"}},
      {"sev-snp",
       {"snp.id_key_digests = \"" + kDigest48 + "\"", "snp.image_ids = \"" + std::string(32, 'c') + "\"",
        "snp.min_guest_svn = 4", "snp.covers = \"root\"", "gpu.none = true"}},
      {"sev-snp",
       {"snp.measurements = \"" + kDigest48 + "\"", "snp.host_data = \"" + kDigest32 + "\"", "snp.covers = \"config\"",
        "gpu.count = 1"}},
      {"tdx",
       {"tdx.measurements = \"" + kDigest48 + "\"", "tdx.rtmr1 = \"" + kDigest48 + "\"",
        "tdx.rtmr2 = \"" + kDigest48 + "\"", "tdx.covers = \"root\"", "gpu.count = 8"}},
      {"tdx",
       {"tdx.measurements = \"" + kDigest48 + "\"", "tdx.rtmr1 = \"" + kDigest48 + "\"",
        "tdx.rtmr2 = \"" + kDigest48 + "\"", "tdx.mrconfigid = \"" + kDigest48 + "\"", "tdx.covers = \"config\"",
        "gpu.none = true"}},
      {"azure-snp-vtpm",
       {"snp.min_guest_svn = 4", "snp.pcrs.4 = \"" + kDigest32 + "\"", "snp.pcrs.7 = \"" + kDigest32 + "\"",
        "snp.pcrs.11 = \"" + kDigest32 + "\"", "snp.pcrs.12 = \"" + kZeros32 + "\"",
        "snp.pcrs.13 = \"" + kZeros32 + "\"", "snp.covers = \"root\"", "gpu.count = 1"}},
      {"azure-tdx-vtpm",
       {"tdx.measurements = \"" + kDigest48 + "\"", "tdx.pcrs.4 = \"" + kDigest32 + "\"",
        "tdx.pcrs.7 = \"" + kDigest32 + "\"", "tdx.pcrs.11 = \"" + kDigest32 + "\"",
        "tdx.pcrs.12 = \"" + kDigest32 + "\"", "tdx.pcrs.13 = \"" + kDigest32 + "\"", "tdx.covers = \"root\"",
        "gpu.count = 1"}},
  };
  return policies;
}

std::string joined(const std::vector<std::string>& lines, std::size_t without) {
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != without) text += lines[i] + "\n";
  }
  return text;
}

TEST(Verdict, ReachesTheBestClassWithAllOfARowAndNotWithLess) {
  for (const Complete& complete : complete_policies()) {
    const std::size_t all = complete.lines.size();
    const AppraisalPolicy whole = policy(joined(complete.lines, all));
    const PolicyReach reach = reach_of(whole.rules(), complete.kind);
    EXPECT_EQ(reach.best(whole.rules()), VerdictClass::kConfidential) << complete.kind << "\n" << missing_of(reach);
    for (std::size_t i = 0; i < all; ++i) {
      const AppraisalPolicy less = policy(joined(complete.lines, i));
      const PolicyReach shorter = reach_of(less.rules(), complete.kind);
      EXPECT_NE(shorter.best(less.rules()), VerdictClass::kConfidential)
          << complete.kind << " without " << complete.lines[i];
      EXPECT_FALSE(shorter.missing.empty());
    }
  }
}

// The host chooses HOST_DATA and MRCONFIGID for any guest that it starts.
TEST(Verdict, TakesNoWordOfTheHostForTheCode) {
  const std::string host_data = "[snp]\ncovers = \"config\"\nhost_data = \"" + kDigest32 + "\"\n[gpu]\nnone = true\n";
  EXPECT_EQ(reach_of(policy(host_data).rules(), "sev-snp").best(policy(host_data).rules()), std::nullopt);
  const std::string config = "[tdx]\ncovers = \"config\"\nmrconfigid = \"" + kDigest48 + "\"\n[gpu]\nnone = true\n";
  EXPECT_EQ(reach_of(policy(config).rules(), "tdx").best(policy(config).rules()), std::nullopt);
}

// What the paravisor asks for comes at VMPL 0.
TEST(Verdict, TakesNoReportOfAGuestForItsParavisors) {
  for (const Complete& complete : complete_policies()) {
    if (complete.kind != "azure-snp-vtpm") continue;
    const std::string lines = joined(complete.lines, complete.lines.size());
    const AppraisalPolicy privileged = policy(lines + "snp.vmpl = 0\n");
    EXPECT_EQ(reach_of(privileged.rules(), complete.kind).best(privileged.rules()), VerdictClass::kConfidential);
    const AppraisalPolicy guests = policy(lines + "snp.vmpl = 2\n");
    EXPECT_NE(reach_of(guests.rules(), complete.kind).best(guests.rules()), VerdictClass::kConfidential);
  }
}

TEST(Verdict, TakesNoRegisterThatEveryMachineHas) {
  for (const char digit : {'0', 'f'}) {
    const AppraisalPolicy stock =
        policy("[snp]\nmin_guest_svn = 4\ncovers = \"root\"\n[snp.pcrs]\n7 = \"" + kDigest32 + "\"\n11 = \"" +
               std::string(64, digit) + "\"\n[gpu]\ncount = 1\n[attestor]\nspki_sha256 = \"" + kDigest32 + "\"\n");
    const PolicyReach reach = reach_of(stock.rules(), "azure-snp-vtpm");
    EXPECT_EQ(reach.best(stock.rules()), VerdictClass::kOperatorTrusted);
    EXPECT_NE(missing_of(reach).find("PCR 11"), std::string::npos) << missing_of(reach);
  }
}

// A value that every machine has, or none, is no value of these machines.
TEST(Verdict, TakesNoValueThatEveryMachineHas) {
  for (const Complete& complete : complete_policies()) {
    for (std::size_t i = 0; i < complete.lines.size(); ++i) {
      const std::string& line = complete.lines[i];
      const std::size_t quote = line.find('"');
      const bool is_digest = quote != std::string::npos && line.size() - quote > 32;
      if (!is_digest && line.find("min_guest_svn") == std::string::npos) continue;
      // They say that nothing was taken from beside the image, and on most machines that is so.
      if (line.find("pcrs.12") != std::string::npos || line.find("pcrs.13") != std::string::npos) continue;
      for (const char digit : {'0', 'f'}) {
        if (!is_digest && digit == 'f') continue;
        Complete stock = complete;
        stock.lines[i] = is_digest ? line.substr(0, quote + 1) + std::string(line.size() - quote - 2, digit) + "\""
                                   : "snp.min_guest_svn = 0";
        const AppraisalPolicy weak = policy(joined(stock.lines, stock.lines.size()));
        EXPECT_NE(reach_of(weak.rules(), stock.kind).best(weak.rules()), VerdictClass::kConfidential)
            << stock.kind << ": " << stock.lines[i];
      }
    }
  }
}

TEST(Verdict, IsLowerWhereAPolicyLetsTheHostIn) {
  const std::string base = "[snp]\nmeasurements = \"" + kDigest48 + "\"\ncovers = \"root\"\n";
  for (const std::string weak :
       {"allow_debug = true\n[gpu]\nnone = true\n", "allow_migration_agent = true\n[gpu]\nnone = true\n",
        "max_vmpl = 2\n[gpu]\nnone = true\n", "[gpu]\ncount = 1\nrim = \"off\"\n",
        "[gpu]\ncount = 1\nrequire_dbgstat_disabled = false\n", "[gpu]\ncount = 1\nrequire_secboot = false\n",
        "[gpu]\ncount = 1\n[waive]\n\"evidence.nvidia-gpu.rim\" = \"later\"\n"}) {
    const AppraisalPolicy weaker = policy(base + weak);
    const std::string kind = "sev-snp";
    const Verdict verdict = judge_verdict({.evidence = {{kind, {}}}, .policy = weaker.rules(), .checks = {}});
    EXPECT_EQ(verdict.verdict_class, VerdictClass::kOperatorTrusted) << weak;
    EXPECT_FALSE(verdict.missing.empty()) << weak;
  }
}

// Each check that a policy can waive lowers the class, is named among the readers, or is here as one that says nothing
// about who could read.
TEST(Verdict, IsLowerWithEachWaiverThatItRestsOn) {
  const std::string base = "[snp]\nmeasurements = \"" + kDigest48 +
                           "\"\ncovers = \"root\"\nmin_tcb = { snp = 1, microcode = 1 }\n[gpu]\ncount = 1\n[waive]\n";
  // The code is identified; which model answers, and where TLS ends, is no matter of class.
  const std::vector<std::string_view> no_matter = {"measurement", "models.ids", "models.weights", "models.projectors",
                                                   "tls.spki"};
  for (const Waiver& waiver : waiver_table()) {
    const std::string_view name = waiver.name;
    const bool of_others = name.find("tdx") != std::string_view::npos || name.find("azure") != std::string_view::npos;
    if (of_others || std::find(no_matter.begin(), no_matter.end(), name) != no_matter.end()) continue;
    const AppraisalPolicy waiving = policy(base + "\"" + std::string(name) + "\" = \"later\"\n");
    const std::vector<Check> checks = {{.id = std::string(name),
                                        .outcome = Outcome::kWaived,
                                        .source = waiving.rules().waived.find(name)->second.source + ": later",
                                        .waiver = std::string(name)}};
    const auto readers = [](const AppraisalPolicy& some, const std::vector<Check>& results) {
      return judge_verdict({.evidence = {{"sev-snp", {}}}, .policy = some.rules(), .checks = results}).readers.size();
    };
    EXPECT_GT(readers(waiving, checks), readers(policy(base), {{.id = std::string(name), .outcome = Outcome::kPass}}))
        << name;
    const bool reservation = name.ends_with(".tcb") || name.ends_with(".ocsp");
    EXPECT_EQ(reach_of(waiving.rules(), "sev-snp").best(waiving.rules()) == VerdictClass::kConfidential, reservation)
        << name;
  }
}

TEST(Verdict, LooksAtWhatAStatementGivesAway) {
  const AppraisalPolicy complete =
      policy("[snp]\nmeasurements = \"" + kDigest48 + "\"\ncovers = \"root\"\n[gpu]\nnone = true\n");
  const Evidence evidence = {{"sev-snp", {}}};
  Statement statement;
  statement.models = {{.id = "m", .engine = "e", .where = ModelEntry::Where::kInProcess}};
  const auto judged = [&] {
    return judge_verdict({.evidence = evidence, .statement = &statement, .policy = complete.rules(), .checks = {}});
  };
  EXPECT_EQ(judged().verdict_class, VerdictClass::kOperatorTrusted);  // where does it compute?
  statement.models[0].compute = ModelEntry::Compute::kGpu;
  EXPECT_EQ(judged().verdict_class, VerdictClass::kOperatorTrusted);
  statement.models[0].compute = ModelEntry::Compute::kCpu;
  EXPECT_EQ(judged().verdict_class, VerdictClass::kConfidential);
  statement.models[0].where = ModelEntry::Where::kRemote;
  EXPECT_EQ(judged().verdict_class, VerdictClass::kOperatorTrusted);
  statement.models[0].where = ModelEntry::Where::kLoopback;
  statement.overrides = {"imds"};
  EXPECT_EQ(judged().verdict_class, VerdictClass::kOperatorTrusted);
}

bool any_contains(const std::vector<std::string>& lines, std::string_view text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

const std::string kWhole = "[snp]\nmeasurements = \"" + kDigest48 + "\"\ncovers = \"root\"\n[gpu]\n";
constexpr const char* kLoose[] = {"[models]\nallow_remote = true\n", "[attestor]\nallow_overrides = true\n"};

// With files alone there is no statement, which would bind them: what the policy would let one say counts.
TEST(Verdict, LooksAtWhatAPolicyLetsStatementsSay) {
  const auto judged = [&](const std::string& gpu, const std::string& more) {
    const AppraisalPolicy some = policy(kWhole + gpu + more);
    return judge_verdict({.evidence = {{"sev-snp", {}}}, .policy = some.rules(), .checks = {}, .of_files = true});
  };
  const std::size_t gaps = judged("count = 1\n", "").missing.size();
  EXPECT_EQ(judged("count = 1\n", "").verdict_class, VerdictClass::kOperatorTrusted);
  for (const char* loose : kLoose) {
    EXPECT_EQ(judged("count = 1\n", loose).verdict_class, VerdictClass::kOperatorTrusted) << loose;
    EXPECT_EQ(judged("count = 1\n", loose).missing.size(), gaps + 1) << loose;
  }
  const Verdict none = judged("none = true\n", "");
  EXPECT_EQ(none.verdict_class, VerdictClass::kOperatorTrusted) << "no statement says where the models compute";
  EXPECT_TRUE(any_contains(none.readers, "if the model computes on a GPU"));
}

// Machines of different customers have the same firmware and the same keys of secure boot, and a pinned key signs none
// of the files.
TEST(Verdict, OfFilesRestsOnSomethingOfTheMachinesOwn) {
  const std::string pin = "[attestor]\nspki_sha256 = \"" + kDigest32 + "\"\n";
  const auto of = [&](const std::string& text, const char* kind) {
    const AppraisalPolicy some = policy(text);
    const Verdict verdict = judge_verdict({.evidence = {{kind, {}}}, .policy = some.rules(), .of_files = true});
    EXPECT_FALSE(any_contains(verdict.readers, "operator's attestation key")) << text;
    return verdict.verdict_class;
  };
  const auto judged = [&](const std::string& pcrs) {
    const std::string text = "[snp]\nid_key_digests = \"" + kDigest48 +
                             "\"\n[platform]\nkinds = " + "[\"azure-snp-vtpm\"]\n[snp.pcrs]\n" + pcrs;
    EXPECT_EQ(of(text, "azure-snp-vtpm"), of(text + pin, "azure-snp-vtpm")) << pcrs;
    return of(text, "azure-snp-vtpm");
  };
  const std::string value = " = \"" + kDigest32 + "\"\n";
  for (const char* index : {"0", "1", "7", "12"}) EXPECT_EQ(judged(index + value), std::nullopt) << index;
  for (const char* index : {"4", "9", "11"}) EXPECT_EQ(judged(index + value), VerdictClass::kOperatorTrusted) << index;
  EXPECT_EQ(judged("11 = \"" + std::string(64, '0') + "\"\n"), std::nullopt);
  const std::string measured = pin + "[snp]\nmeasurements = \"" + kDigest48 + "\"\n";
  EXPECT_EQ(of(measured, "sev-snp"), std::nullopt);
  EXPECT_EQ(of(measured + "covers = \"kernel\"\n", "sev-snp"), VerdictClass::kOperatorTrusted);
}

// `policy check`: a server that does nothing of what is allowed meets the policy, and who could read otherwise is told.
TEST(Verdict, OfAPolicyIsTheBestThatAServerCanGet) {
  const auto judged = [&](const std::string& more) {
    const auto verdicts = verdicts_of(policy(kWhole + "none = true\n" + more).rules());
    EXPECT_EQ(verdicts.size(), 1U);
    return verdicts.at(0).verdict;
  };
  EXPECT_EQ(judged("").verdict_class, VerdictClass::kConfidential);
  EXPECT_TRUE(judged("").missing.empty());
  for (const std::string loose : kLoose) {
    const Verdict verdict = judged(loose);
    EXPECT_EQ(verdict.verdict_class, VerdictClass::kConfidential) << loose;
    ASSERT_EQ(verdict.missing.size(), 1U) << loose;
    EXPECT_TRUE(verdict.missing[0].what.starts_with("if ")) << verdict.missing[0].what;
    EXPECT_NE(verdict.missing[0].what.find("which [verdict] require refuses"), std::string::npos);
    EXPECT_TRUE(any_contains(verdict.readers, verdict.missing[0].reader));
    const Verdict lower = judged(loose + "[verdict]\nrequire = \"operator-trusted\"\n");
    EXPECT_EQ(lower.verdict_class, VerdictClass::kConfidential) << loose;
    ASSERT_EQ(lower.missing.size(), 2U) << loose;
    EXPECT_EQ(lower.missing[0].what.find("refuses"), std::string::npos) << "such a server is accepted";
    EXPECT_NE(lower.missing[1].what.find("computes on the CPU"), std::string::npos);
  }
  EXPECT_TRUE(any_contains(judged(kLoose[0]).readers, "if one computes outside the confidential VM"));
}

// A folder may have several: no reader of one is lost for the other.
TEST(Verdict, OfSeveralMachinesIsTheLowestWithTheReadersOfAll) {
  const Verdict whole{VerdictClass::kConfidential, {"the code", "a first user"}, {}};
  const Verdict lower{VerdictClass::kOperatorTrusted, {"the operator", "a first user"}, {{"a gap", "close it"}}};
  for (const std::vector<Verdict>& verdicts : {std::vector{whole, lower}, std::vector{lower, whole}}) {
    const Verdict both = lowest_of(verdicts);
    EXPECT_EQ(both.verdict_class, VerdictClass::kOperatorTrusted);
    EXPECT_EQ(both.readers, (std::vector<std::string>{"the operator", "a first user", "the code"}));
    EXPECT_EQ(both.missing.size(), 1U);
  }
  EXPECT_EQ(lowest_of({lower, Verdict{}}).verdict_class, std::nullopt);
  EXPECT_EQ(lowest_of({}).verdict_class, std::nullopt);
}

TEST(Verdict, NamesTrustOnFirstUseAmongTheReaders) {
  const std::string lines = "measurements = \"" + kDigest48 + "\"\ncovers = \"root\"\ncrl = \"require\"\n" +
                            "min_tcb = { snp = 1, microcode = 1 }\n";
  const auto readers = [&](const std::string& origin) {
    const AppraisalPolicy marked = policy("[snp]\n" + lines + origin + "[gpu]\nnone = true\n");
    return judge_verdict({.evidence = {{"sev-snp", {}}}, .policy = marked.rules(), .checks = {}}).readers;
  };
  EXPECT_EQ(readers("").size(), 1U);
  EXPECT_EQ(readers("origin = \"confirmed 2026-12-01\"\n").size(), 1U);
  ASSERT_EQ(readers("origin = \"first-use 2026-11-29\"\n").size(), 2U);
  EXPECT_NE(readers("origin = \"first-use 2026-11-29\"\n")[1].find("minions policy confirm"), std::string::npos);
}

// Whoever stands on the way can keep the list from coming.
TEST(Verdict, SaysWhatRevocationThatIsNotJudgedMeans) {
  const std::string lines =
      "measurements = \"" + kDigest48 + "\"\ncovers = \"root\"\nmin_tcb = { snp = 1, microcode = 1 }\n";
  const auto readers = [&](const std::string& crl, const std::vector<Check>& checks) {
    const AppraisalPolicy some = policy("[snp]\n" + lines + crl + "[gpu]\nnone = true\n");
    return judge_verdict({.evidence = {{"sev-snp", {}}}, .policy = some.rules(), .checks = checks}).readers;
  };
  const std::vector<Check> judged = {{.id = "evidence.sev-snp.chain.revocation", .outcome = Outcome::kPass}};
  const std::vector<Check> waived = {{.id = "evidence.sev-snp.chain.revocation", .outcome = Outcome::kWaived}};
  EXPECT_EQ(readers("", judged).size(), 1U);
  ASSERT_EQ(readers("", waived).size(), 2U);
  EXPECT_NE(readers("", waived)[1].find("AMD key that was revoked"), std::string::npos);
  EXPECT_EQ(readers("", {}).size(), 2U) << "by the policy alone";
  EXPECT_EQ(readers("crl = \"require\"\n", {}).size(), 1U);
}

TEST(Verdict, IsNoneOfAKindThatCannotMeetARule) {
  const std::string pinned = "[attestor]\nspki_sha256 = \"" + kDigest32 + "\"\n";
  const std::string wanting = "[snp]\nmeasurements = \"" + kDigest48 + "\"\nrequire_secure_boot = true\n" + pinned;
  EXPECT_EQ(reach_of(policy(wanting).rules(), "sev-snp").best(policy(wanting).rules()), std::nullopt);
  const AppraisalPolicy both = policy(wanting + "[platform]\nkinds = [\"sev-snp\", \"azure-snp-vtpm\"]\n");
  EXPECT_EQ(reach_of(both.rules(), "sev-snp").best(both.rules()), VerdictClass::kOperatorTrusted);
  const auto best = [&](const std::string& lines, std::string_view kind) {
    const AppraisalPolicy some = policy(pinned + lines);
    return reach_of(some.rules(), kind).best(some.rules());
  };
  const std::string wants_token = "[jwt]\nmaa = \"require\"\n", issuer = "maa_issuer = \"https://a.example\"\n";
  EXPECT_EQ(best(wants_token + issuer, "azure-snp-vtpm"), VerdictClass::kOperatorTrusted);
  EXPECT_EQ(best(wants_token, "azure-snp-vtpm"), std::nullopt) << "no token passes without an instance";
  EXPECT_EQ(best(wants_token + issuer, "sev-snp"), std::nullopt) << "tokens are of Azure";
  EXPECT_EQ(best("[snp]\nvmpl = 1\n", "azure-snp-vtpm"), std::nullopt) << "the paravisor asks at 0";
  EXPECT_EQ(best("[snp]\nvmpl = 1\n", "sev-snp"), VerdictClass::kOperatorTrusted);
  for (const char* rule : {"require_secboot = true\n", "require_dbgstat_disabled = true\n"}) {
    EXPECT_EQ(best(std::string("[gpu]\ncount = 1\n") + rule, "sev-snp"), VerdictClass::kOperatorTrusted);
    EXPECT_EQ(best(std::string("[gpu]\nnras = \"off\"\n") + rule, "sev-snp"), std::nullopt) << "only tokens state it";
  }
}

TEST(Verdict, LooksForModelsInAStatement) {
  const AppraisalPolicy whole = policy(joined(complete_policies()[0].lines, complete_policies()[0].lines.size()));
  Statement statement = Statement::parse(as_bytes(text(vectors()["statement"]["bytes"]))).value();
  statement.overrides.clear();
  const auto class_of = [&] {
    return judge_verdict(
               {.evidence = {{"sev-snp", {}}}, .statement = &statement, .policy = whole.rules(), .checks = {}})
        .verdict_class;
  };
  for (ModelEntry& model : statement.models) {
    model.where = ModelEntry::Where::kInProcess;
    model.compute = ModelEntry::Compute::kCpu;
  }
  EXPECT_EQ(class_of(), VerdictClass::kConfidential);
  statement.models.clear();
  EXPECT_NE(class_of(), VerdictClass::kConfidential);
}

TEST(Verdict, OfAPolicyNamesAWaivedTcbAmongTheReaders) {
  for (const auto& [kind, verdict] :
       verdicts_of(policy(kWhole + "none = true\n[waive]\n\"evidence.sev-snp.tcb\" = \"soon\"\n").rules()))
    EXPECT_TRUE(any_contains(verdict.readers, "known hole of a machine's firmware, where its TCB is too low")) << kind;
}

TEST(Verdict, SaysWhatAMissingFloorOfFirmwareMeans) {
  const AppraisalPolicy floorless =
      policy("[snp]\nmeasurements = \"" + kDigest48 + "\"\ncovers = \"root\"\ncrl = \"require\"\n[gpu]\nnone = true\n");
  const Verdict verdict = judge_verdict({.evidence = {{"sev-snp", {}}}, .policy = floorless.rules(), .checks = {}});
  ASSERT_EQ(verdict.readers.size(), 2U);
  EXPECT_NE(verdict.readers[1].find("min_tcb"), std::string::npos);
}

TEST(Verdict, OpensOnlyTheKindsThatAPolicySpeaksOf) {
  using Kinds = std::vector<std::string_view>;
  const auto open = [](const std::string& toml) { return open_kinds(policy(toml).rules()); };
  EXPECT_EQ(open(""), (Kinds{"sev-snp", "azure-snp-vtpm", "tdx", "azure-tdx-vtpm"}));
  EXPECT_EQ(open("[tdx]\nrtmr3 = \"" + kDigest48 + "\"\n"), Kinds{"tdx"});
  EXPECT_EQ(open("[snp.pcrs]\n4 = \"" + kDigest32 + "\"\n"), Kinds{"azure-snp-vtpm"});
  const std::string both = "[snp]\nmeasurements = \"" + kDigest48 + "\"\n[snp.pcrs]\n4 = \"" + kDigest32 + "\"\n";
  EXPECT_EQ(open(both), Kinds{});
  EXPECT_EQ(open(both + "[platform]\nkinds = \"azure-snp-vtpm\"\n"), Kinds{"azure-snp-vtpm"});
  EXPECT_EQ(open(both + "[platform]\nkinds = [\"azure-snp-vtpm\", \"tdx\"]\n"), Kinds{"azure-snp-vtpm"});
}

TEST(Verdict, SettlesTheClassThatAPolicyFileWants) {
  const auto require = [](const std::string& toml) { return policy(toml).rules().require.value; };
  EXPECT_EQ(require(""), VerdictClass::kConfidential);
  EXPECT_EQ(require("[verdict]\nrequire = \"operator-trusted\"\n"), VerdictClass::kOperatorTrusted);
  EXPECT_EQ(require("[simulated]\nallow = true\n"), VerdictClass::kSimulated);
  EXPECT_TRUE(policy("[verdict]\nrequire = \"simulated\"\n").rules().allow_simulated.value);
  EXPECT_EQ(AppraisalPolicy::built_in().rules().require.value, VerdictClass::kOperatorTrusted);
  for (const char* contradiction :
       {"[verdict]\nrequire = \"simulated\"\n[simulated]\nallow = false\n",
        "[verdict]\nrequire = \"confidential\"\n[simulated]\nallow = true\n", "[verdict]\nrequire = \"best\"\n",
        "[snp]\norigin = \"yesterday\"\n", "[snp]\norigin = \"first-use 2026-13-01\"\n", "[snp]\ncovers = \"all\"\n",
        "[platform]\nkinds = [\"snp\"]\n"})
    EXPECT_FALSE(AppraisalPolicy::parse(contradiction, "p.toml")) << contradiction;
  PolicyFlags simulated{.simulated = PolicyFlags::Simulated::kAllow};
  EXPECT_EQ(policy("").with(simulated)->rules().require.value, VerdictClass::kSimulated);
  EXPECT_FALSE(policy("[verdict]\nrequire = \"operator-trusted\"\n").with(simulated));
}

TEST(TrustVector, SaysOfSimulatedEvidenceThatItsMemoryIsVisible) {
  const AppraisalPolicy any = policy("[simulated]\nallow = true\n");
  const TrustVector vector = trust_vector({.evidence = {{"simulated", {}}}, .policy = any.rules(), .checks = {}});
  EXPECT_EQ(vector.hardware, 97);
  EXPECT_EQ(vector.runtime_opaque, 96);
  EXPECT_EQ(vector.executables, 0);
  EXPECT_EQ(vector.to_json().size(), 8U);
  const std::vector<Check> checks = {{.id = "simulated.allowed"}, {.id = "models.weights", .outcome = Outcome::kPass}};
  const TrustVector refused = trust_vector({.evidence = {{"simulated", {}}}, .policy = any.rules(), .checks = checks});
  EXPECT_EQ(refused.sourced_data, 0) << "nothing that was refused is affirmed";
  EXPECT_EQ(refused.configuration, 96);
}

TEST(TrustVector, FollowsTheClassAndTheChecks) {
  const AppraisalPolicy complete =
      policy("[snp]\nmeasurements = \"" + kDigest48 + "\"\ncovers = \"root\"\n[gpu]\nnone = true\n");
  const Evidence evidence = {{"sev-snp", {}}};
  const auto with = [&](std::vector<Check> checks) {
    return trust_vector({.evidence = evidence, .policy = complete.rules(), .checks = checks});
  };
  const TrustVector good = with({{.id = "attestor.key", .outcome = Outcome::kPass},
                                 {.id = "evidence.sev-snp.tcb.snp", .outcome = Outcome::kPass}});
  EXPECT_EQ(good.instance_identity, 2);
  EXPECT_EQ(good.configuration, 2);
  EXPECT_EQ(good.executables, 2);
  EXPECT_EQ(good.file_system, 2);
  EXPECT_EQ(good.hardware, 2);
  EXPECT_EQ(good.runtime_opaque, 2);
  EXPECT_EQ(good.storage_opaque, 0);
  EXPECT_EQ(with({{.id = "evidence.sev-snp.policy.measurement"}}).executables, 33);
  EXPECT_EQ(with({{.id = "evidence.sev-snp.policy.debug"}}).runtime_opaque, 96);
  EXPECT_EQ(with({{.id = "evidence.sev-snp.signature.snp_report"}}).hardware, 97);
  EXPECT_EQ(with({{.id = "evidence.sev-snp.tcb", .outcome = Outcome::kWaived}}).hardware, 32);
  EXPECT_EQ(with({{.id = "attestor.key"}}).instance_identity, 97);
  for (const char* id : {"models.where", "statement.overrides", "tls.spki", "simulated.allowed"})
    EXPECT_EQ(with({{.id = id}}).configuration, 96) << id;
}

TEST(TrustVector, CountsWhatAStatementGivesAway) {
  const AppraisalPolicy complete =
      policy("[snp]\nmeasurements = \"" + kDigest48 + "\"\ncovers = \"root\"\n[gpu]\nnone = true\n");
  const Evidence evidence = {{"sev-snp", {}}};
  Statement statement;
  statement.models = {
      {.id = "m", .engine = "e", .where = ModelEntry::Where::kInProcess, .compute = ModelEntry::Compute::kCpu}};
  const auto vector = [&] {
    const Verdict verdict =
        judge_verdict({.evidence = evidence, .statement = &statement, .policy = complete.rules(), .checks = {}});
    return trust_vector({.evidence = evidence, .policy = complete.rules(), .checks = {}, .missing = &verdict.missing});
  };
  EXPECT_EQ(vector().configuration, 2);
  EXPECT_EQ(vector().runtime_opaque, 2);
  statement.models[0].where = ModelEntry::Where::kRemote;
  EXPECT_EQ(vector().configuration, 32);
  EXPECT_EQ(vector().runtime_opaque, 32);
}

// What a machine did not sign names no code: neither its processor's evidence nor its GPUs'.
TEST(TrustVector, NamesNoCodeOfHardwareThatIsNotGenuine) {
  const AppraisalPolicy complete =
      policy("[snp]\nmeasurements = \"" + kDigest48 + "\"\ncovers = \"root\"\n[gpu]\nnone = true\n");
  for (const char* id :
       {"evidence.sev-snp.parse.report", "evidence.sev-snp.signature.snp_report", "evidence.sev-snp.chain.path",
        "evidence.sev-snp.binding.report_data", "evidence.azure-hcl.chain.path", "evidence.nvidia-gpu.signature.report",
        "evidence.nvidia-gpu.chain"}) {
    const std::vector<Check> checks = {{.id = id}};
    const TrustVector vector =
        trust_vector({.evidence = {{"sev-snp", {}}}, .policy = complete.rules(), .checks = checks});
    EXPECT_EQ(vector.hardware, 97) << id;
    EXPECT_EQ(vector.executables, 0) << id;
    EXPECT_EQ(vector.file_system, 0) << id;
    EXPECT_EQ(vector.runtime_opaque, 96) << id;
  }
}

// A claim is only as good as the signature over it and its tie to the challenge.
// A model reads what is sent in the memory of the GPU as well, and what is refused is not approved of.
TEST(TrustVector, AffirmsNothingOfWhatIsRefused) {
  const AppraisalPolicy any = policy("");
  const auto with = [&](const std::string& failed) {
    const std::vector<Check> checks = {{.id = failed, .outcome = Outcome::kFail}};
    return trust_vector({.evidence = {{"sev-snp", {}}}, .policy = any.rules(), .checks = checks});
  };
  for (const char* id : {"evidence.nvidia-gpu.policy.ocsp", "evidence.nvidia-gpu.rim.measurements", "gpu.count",
                         "gpu.distinct", "evidence.nvidia-gpu.signature.report", "azure.maa", "gpu.nras",
                         "evidence.azure-maa.policy.confidential", "models.ids", "freshness", "some.new.check"}) {
    const TrustVector vector = with(id);
    for (const std::int8_t claim :
         {vector.configuration, vector.executables, vector.file_system, vector.hardware, vector.runtime_opaque})
      EXPECT_TRUE(claim == 0 || claim >= 32) << id;
    EXPECT_GE(vector.configuration, 32) << id;
  }
  EXPECT_EQ(with("evidence.nvidia-gpu.policy.ocsp").hardware, 96);
  EXPECT_EQ(with("evidence.nvidia-gpu.signature.report").hardware, 97);
  EXPECT_EQ(with("evidence.nvidia-gpu.rim.measurements").executables, 33);
  EXPECT_EQ(with("gpu.count").runtime_opaque, 96);
}

TEST(TrustVector, AffirmsNothingOfADocumentThatIsForgedOrReplayed) {
  const AppraisalPolicy any = policy("[gpu]\nnone = true\n");
  const auto with = [&](const char* id) {
    const std::vector<Check> checks = {{.id = id}};
    return trust_vector({.evidence = {{"sev-snp", {}}}, .policy = any.rules(), .checks = checks}).to_json();
  };
  for (const auto& [id, expected] : std::initializer_list<std::pair<const char*, int>>{
           {"attestor.signature", 99}, {"nonce", 1}, {"binding", 1}, {"statement.window", 1}}) {
    const Json claims = with(id);
    EXPECT_EQ(claims.size(), 8U);
    for (const auto& [claim, value] : claims.items()) EXPECT_EQ(value, expected) << id << ": " << claim;
  }
}

}  // namespace
}  // namespace minions::attestation
