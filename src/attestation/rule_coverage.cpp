#include "attestation/rule_coverage.h"

#include <fmt/format.h>

#include <map>

#include "attestation/evidence.h"
#include "attestation/expectation.h"

namespace minions::attestation {
namespace {

using Kinds = std::set<std::string_view>;

// They say how other rules are meant.
constexpr std::string_view kAboutRules[] = {"covers", "origin"};
// What a token of MAA states by itself.
constexpr std::string_view kOfMaaSnp[] = {"allow_debug", "allow_migration_agent", "max_vmpl", "measurements",
                                          "require_secure_boot"};
constexpr std::string_view kOfMaaTdx[] = {"allow_debug", "require_secure_boot"};
// What an answer of NRAS does not state.
constexpr std::string_view kOfReportsAlone[] = {"rim", "ocsp", "mode"};
// Checks of their own stand for them, whatever is there.
constexpr std::string_view kAlwaysJudged[] = {"count", "none", "nras", "maa", "leeway_s"};

template <std::size_t N>
bool is_among(std::string_view name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// "[snp] pcrs.4" is of the table snp, and has the key pcrs.
struct RuleName {
  explicit RuleName(std::string_view name)
      : table(name.substr(1, name.find(']') - 1)), key(name.substr(name.find(' ') + 1)) {
    key = key.substr(0, key.find('.'));
  }
  std::string_view table;
  std::string_view key;

  [[nodiscard]] bool of_vtpm() const { return key == "pcrs" || key == "require_secure_boot"; }
};

bool any(const Kinds& kinds, std::initializer_list<std::string_view> wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](std::string_view kind) { return kinds.contains(kind); });
}

bool is_judged_on_snp(const RuleName& rule, const Kinds& kinds) {
  if (kinds.contains(evidence_type::kAzureSnpVtpm)) return true;
  if (rule.key == "pcrs") return kinds.contains(evidence_piece::kTpmQuote);
  if (kinds.contains(evidence_piece::kAzureHcl)) return true;
  if (kinds.contains(evidence_type::kSevSnp) && !rule.of_vtpm()) return true;
  return kinds.contains(evidence_piece::kMaaOfSnp) && is_among(rule.key, kOfMaaSnp);
}

bool is_judged_on_tdx(const RuleName& rule, const Kinds& kinds) {
  if (kinds.contains(evidence_type::kAzureTdxVtpm)) return true;
  if (rule.key == "pcrs") return false;
  if (kinds.contains(evidence_piece::kAzureTdxHcl)) return true;
  if (kinds.contains(evidence_type::kTdx) && !rule.of_vtpm()) return true;
  return kinds.contains(evidence_piece::kMaaOfTdx) && is_among(rule.key, kOfMaaTdx);
}

bool is_judged_elsewhere(const RuleName& rule, const Kinds& kinds) {
  if (is_among(rule.key, kAlwaysJudged)) return true;
  if (rule.table == "gpu") {
    if (kinds.contains(evidence_type::kNvidiaGpu)) return true;
    return kinds.contains(evidence_type::kNvidiaNras) && !is_among(rule.key, kOfReportsAlone);
  }
  return kinds.contains(rule.key == "maa_issuer" ? evidence_type::kAzureMaa : evidence_type::kNvidiaNras);
}

// Whether the policy lets in the kind that has a vTPM, too: the rule is of that one.
bool is_of_the_other_kind(const RuleName& rule, const PolicyRules& policy, const Kinds& kinds) {
  if (!rule.of_vtpm() || !policy.kinds) return false;
  if (!kinds.contains(rule.table == "snp" ? evidence_type::kSevSnp : evidence_type::kTdx)) return false;
  const auto& let_in = policy.kinds->value;
  const std::string_view azure = rule.table == "snp" ? evidence_type::kAzureSnpVtpm : evidence_type::kAzureTdxVtpm;
  return std::find(let_in.begin(), let_in.end(), azure) != let_in.end();
}

// Lets in what would be refused without the rule.
bool only_loosens(const RuleName& name, const RuleText& rule) {
  if (name.key.starts_with("allow_")) return rule.value == "true";
  if (name.key.starts_with("require_")) return rule.value == "false";
  if (name.key == "max_vmpl") return rule.value != "0";
  return name.key == "accepted_tcb" || (name.key == "crl" && rule.value.find("if-available") != std::string::npos);
}

}  // namespace

bool is_machine(std::string_view kind) {
  constexpr std::string_view kMachines[] = {evidence_type::kSevSnp,    evidence_type::kAzureSnpVtpm,
                                            evidence_type::kTdx,       evidence_type::kAzureTdxVtpm,
                                            evidence_piece::kAzureHcl, evidence_piece::kAzureTdxHcl};
  return is_among(kind, kMachines);
}

std::vector<Check> account_for_rules(const PolicyRules& policy, const Kinds& at_hand) {
  Kinds kinds = at_hand;
  const bool any_machine = std::any_of(kinds.begin(), kinds.end(), is_machine);
  // A token beside a machine may be another's, and one that is off is not looked at.
  if (any_machine || policy.jwt.maa.value == TokenMode::kOff) {
    kinds.erase(evidence_piece::kMaaOfSnp);
    kinds.erase(evidence_piece::kMaaOfTdx);
  }
  if (any_machine && !any(kinds, {evidence_piece::kAzureHcl})) kinds.erase(evidence_piece::kTpmQuote);
  if (policy.jwt.maa.value == TokenMode::kOff) kinds.erase(evidence_type::kAzureMaa);
  if (policy.gpu.nras.value == TokenMode::kOff) kinds.erase(evidence_type::kNvidiaNras);
  const bool snp_at_hand = any(kinds, {evidence_type::kSevSnp, evidence_type::kAzureSnpVtpm, evidence_piece::kAzureHcl,
                                       evidence_piece::kMaaOfSnp});
  const bool tdx_at_hand = any(kinds, {evidence_type::kTdx, evidence_type::kAzureTdxVtpm, evidence_piece::kAzureTdxHcl,
                                       evidence_piece::kMaaOfTdx});
  const bool no_machine = kinds.contains(evidence_type::kSimulated);
  std::vector<Check> out;
  std::map<std::string_view, std::string> of_others;
  const std::vector<RuleText> rules = describe(policy);
  for (const RuleText& rule : rules) {
    const RuleName name(rule.name);
    // A flag's measurement stands in both tables, for whatever machine comes.
    const bool by_flag = rule.source.starts_with("flag") && !any_machine;
    if (!(rule.source.starts_with("policy line") || by_flag) || is_among(name.key, kAboutRules)) continue;
    const bool of_snp = name.table == "snp";
    const bool of_machine = of_snp || name.table == "tdx";
    if (!of_machine && name.table != "gpu" && name.table != "jwt") continue;
    const bool judged = of_snp       ? is_judged_on_snp(name, kinds)
                        : of_machine ? is_judged_on_tdx(name, kinds)
                                     : is_judged_elsewhere(name, kinds);
    if (judged) continue;
    const bool other_table = no_machine || (of_snp ? tdx_at_hand && !snp_at_hand : snp_at_hand && !tdx_at_hand);
    const Expectation want{fmt::format("policy.{}", name.table), fmt::format("{} judged", rule.name), rule.source};
    if (of_machine && other_table) {
      std::string& lines = of_others[name.table];
      lines += (lines.empty() ? "" : ", ") + rule.source;
    } else if (of_machine && !only_loosens(name, rule) && !is_of_the_other_kind(name, policy, kinds)) {
      out.push_back(want.failed("nothing in this evidence is held against it"));
    } else {
      out.push_back(want.waived(fmt::format("{}: nothing in this evidence is judged by it", rule.source)));
    }
  }
  for (const auto& [table, lines] : of_others)
    out.push_back(Expectation{fmt::format("policy.{}", table), fmt::format("the rules of [{}]", table)}.waived(
        fmt::format("{}: of machines of another kind", lines)));
  return out;
}

}  // namespace minions::attestation
