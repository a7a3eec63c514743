#include "attestation/policy/rule_coverage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "attestation/core/evidence.h"
#include "attestation/core/expectation.h"

namespace minions::attestation {
namespace {

using Kinds = KindsAtHand;

// They state how other rules are meant.
constexpr std::string_view kAboutRules[] = {"covers", "origin"};
// What a token of MAA states by itself.
constexpr std::string_view kOfMaaSnp[] = {"allow_debug", "allow_migration_agent", "max_vmpl", "measurements",
                                          "require_secure_boot"};
constexpr std::string_view kOfMaaTdx[] = {"allow_debug", "require_secure_boot"};
// What an answer of NRAS does not state.
constexpr std::string_view kOfReportsAlone[] = {"rim", "ocsp", "mode"};
// Separate checks cover them, whatever is there.
constexpr std::string_view kAlwaysJudged[] = {"count", "none", "nras", "maa"};
constexpr std::string_view kLeeway = "leeway_s";  // of [freshness], and its old name in [jwt]

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

// The window of a statement, the times of tokens, and those of OCSP answers if they are requested.
bool has_leeway(const PolicyRules& policy, const Kinds& kinds) {
  if (any(kinds, {kStatement, evidence_type::kAzureMaa, evidence_type::kNvidiaNras})) return true;
  return kinds.contains(evidence_type::kNvidiaGpu) && policy.gpu.ocsp.value != OcspMode::kOff;
}

bool is_judged_elsewhere(const RuleName& rule, const PolicyRules& policy, const Kinds& kinds) {
  if (rule.key == kLeeway) return has_leeway(policy, kinds);
  if (is_among(rule.key, kAlwaysJudged)) return true;
  if (rule.table == "gpu") {
    if (kinds.contains(evidence_type::kNvidiaGpu)) return true;
    return kinds.contains(evidence_type::kNvidiaNras) && !is_among(rule.key, kOfReportsAlone);
  }
  return kinds.contains(rule.key == "maa_issuer" ? evidence_type::kAzureMaa : evidence_type::kNvidiaNras);
}

// Whether the policy also admits the kind that has a vTPM: then the rule belongs to that one.
bool is_of_the_other_kind(const RuleName& rule, const PolicyRules& policy, const Kinds& kinds) {
  if (!rule.of_vtpm() || !policy.kinds) return false;
  if (!kinds.contains(rule.table == "snp" ? evidence_type::kSevSnp : evidence_type::kTdx)) return false;
  const auto& let_in = policy.kinds->value;
  const std::string_view azure = rule.table == "snp" ? evidence_type::kAzureSnpVtpm : evidence_type::kAzureTdxVtpm;
  return std::find(let_in.begin(), let_in.end(), azure) != let_in.end();
}

// Accepts what would be refused without the rule.
bool only_loosens(const RuleName& name, const RuleText& rule) {
  if (name.key.starts_with("allow_")) return rule.value == "true";
  if (name.key.starts_with("require_")) return rule.value == "false";
  if (name.key == "max_vmpl") return rule.value != "0";
  return name.key == "accepted_tcb" || (name.key == "crl" && rule.value.find("if-available") != std::string::npos);
}

// How a rule relates to one machine and what accompanies it.
enum class Standing {
  kJudged,
  kOfOtherTable,  // [tdx] on an SNP machine
  kNotNeeded,     // what it would refuse, other checks refuse
  kUnjudged,
};

class Machine {
 public:
  Machine(const PolicyRules& policy, const Kinds& at_hand) : policy_(policy), kinds_(at_hand) {
    any_machine_ = std::any_of(at_hand.begin(), at_hand.end(), is_machine);
    remove_what_is_not_looked_at();
    snp_ = any(kinds_, {evidence_type::kSevSnp, evidence_type::kAzureSnpVtpm, evidence_piece::kAzureHcl,
                        evidence_piece::kMaaOfSnp});
    tdx_ = any(kinds_, {evidence_type::kTdx, evidence_type::kAzureTdxVtpm, evidence_piece::kAzureTdxHcl,
                        evidence_piece::kMaaOfTdx});
  }

  [[nodiscard]] bool is_there() const { return any_machine_; }
  // The machine's, if one is there.
  [[nodiscard]] std::string_view kind() const {
    const auto found = std::find_if(kinds_.begin(), kinds_.end(), is_machine);
    return found == kinds_.end() ? std::string_view() : *found;
  }
  [[nodiscard]] Standing standing_of(const RuleName& name, const RuleText& rule) const {
    const bool of_snp = name.table == "snp";
    if (!of_snp && name.table != "tdx")
      return is_judged_elsewhere(name, policy_, kinds_) ? Standing::kJudged : Standing::kNotNeeded;
    if (of_snp ? is_judged_on_snp(name, kinds_) : is_judged_on_tdx(name, kinds_)) return Standing::kJudged;
    const bool no_machine = kinds_.contains(evidence_type::kSimulated);
    if (no_machine || (of_snp ? tdx_ && !snp_ : snp_ && !tdx_)) return Standing::kOfOtherTable;
    if (only_loosens(name, rule) || is_of_the_other_kind(name, policy_, kinds_)) return Standing::kNotNeeded;
    return Standing::kUnjudged;
  }

 private:
  // A token next to a machine may be another machine's, and one that is off is ignored.
  void remove_what_is_not_looked_at() {
    const bool maa_off = policy_.jwt.maa.value == TokenMode::kOff;
    if (any_machine_ || maa_off) {
      kinds_.erase(evidence_piece::kMaaOfSnp);
      kinds_.erase(evidence_piece::kMaaOfTdx);
    }
    if (any_machine_ && !kinds_.contains(evidence_piece::kAzureHcl)) kinds_.erase(evidence_piece::kTpmQuote);
    if (maa_off) kinds_.erase(evidence_type::kAzureMaa);
    if (policy_.gpu.nras.value == TokenMode::kOff) kinds_.erase(evidence_type::kNvidiaNras);
  }

  const PolicyRules& policy_;
  Kinds kinds_;
  bool any_machine_ = false;
  bool snp_ = false;
  bool tdx_ = false;
};

bool is_accounted_for(const RuleText& rule, const RuleName& name, const PolicyRules& policy, bool any_machine) {
  // A flag's measurement is in both tables, for whatever machine comes.
  const bool by_flag = rule.source.starts_with("flag") && !any_machine;
  if (!(rule.source.starts_with("policy line") || by_flag) || is_among(name.key, kAboutRules)) return false;
  if (name.table == "freshness")  // once, if its old name set it
    return name.key == kLeeway && !(policy.jwt.leeway_s && policy.jwt.leeway_s->source == rule.source);
  return name.table == "snp" || name.table == "tdx" || name.table == "gpu" || name.table == "jwt";
}

// The service whose token the rule concerns and which the policy switched off; otherwise empty.
std::string switched_off(const RuleName& name, const PolicyRules& policy) {
  const bool of_maa = name.key == "maa_issuer";
  if (!of_maa && name.key != "nras_issuer") return {};
  const Rule<TokenMode>& mode = of_maa ? policy.jwt.maa : policy.gpu.nras;
  return mode.value == TokenMode::kOff
             ? fmt::format(", since {} is off ({})", of_maa ? "[jwt] maa" : "[gpu] nras", mode.source)
             : std::string();
}

}  // namespace

bool is_machine(std::string_view kind) {
  constexpr std::string_view kMachines[] = {evidence_type::kSevSnp,    evidence_type::kAzureSnpVtpm,
                                            evidence_type::kTdx,       evidence_type::kAzureTdxVtpm,
                                            evidence_piece::kAzureHcl, evidence_piece::kAzureTdxHcl};
  return is_among(kind, kMachines);
}

std::vector<Check> account_for_rules(const PolicyRules& policy, std::span<const KindsAtHand> at_hand) {
  std::vector<Machine> machines;
  for (const KindsAtHand& kinds : at_hand) machines.emplace_back(policy, kinds);
  const bool any_machine =
      std::any_of(machines.begin(), machines.end(), [](const Machine& machine) { return machine.is_there(); });
  std::vector<Check> out;
  std::map<std::string_view, std::string> of_others;
  const std::vector<RuleText> rules = describe(policy);
  for (const RuleText& rule : rules) {
    const RuleName name(rule.name);
    if (!is_accounted_for(rule, name, policy, any_machine)) continue;
    std::set<Standing> standings;
    std::set<std::string_view> unjudged;
    for (const Machine& machine : machines) {
      const Standing standing = machine.standing_of(name, rule);
      standings.insert(standing);
      if (standing == Standing::kUnjudged) unjudged.insert(machine.kind());
    }
    const Expectation want{fmt::format("policy.{}", name.table), fmt::format("{} judged", rule.name), rule.source};
    if (standings.contains(Standing::kUnjudged)) {
      out.push_back(want.failed(standings.size() == 1 ? "nothing in this evidence is held against it"
                                                      : fmt::format("nothing in the evidence of {} is held against it",
                                                                    fmt::join(unjudged, ", "))));
    } else if (standings.contains(Standing::kJudged)) {
      continue;
    } else if (standings == std::set{Standing::kOfOtherTable}) {
      std::string& lines = of_others[name.table];
      lines += (lines.empty() ? "" : ", ") + rule.source;
    } else {
      out.push_back(want.waived(
          fmt::format("{}: nothing in this evidence is judged by it{}", rule.source, switched_off(name, policy))));
    }
  }
  for (const auto& [table, lines] : of_others)
    out.push_back(Expectation{fmt::format("policy.{}", table), fmt::format("the rules of [{}]", table)}.waived(
        fmt::format("{}: of machines of another kind", lines)));
  return out;
}

}  // namespace minions::attestation
