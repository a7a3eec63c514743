#include "attestation/rule_coverage.h"

#include <fmt/format.h>

#include <map>

#include "attestation/evidence.h"
#include "attestation/expectation.h"

namespace minions::attestation {
namespace {

constexpr std::string_view kTables[] = {"snp", "tdx", "gpu", "jwt"};
// They say how other rules are meant.
constexpr std::string_view kAboutRules[] = {"covers", "origin"};
// They let more in than their defaults, or name what is asked.
constexpr std::string_view kLoosening[] = {
    "allow_debug", "allow_migration_agent", "allow_migration", "allow_smt", "max_vmpl", "accepted_tcb", "crl"};

template <std::size_t N>
bool is_among(std::string_view name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// "[snp.pcrs] 4" is of the table snp; "[snp] vmpl" has the key vmpl.
std::string_view table_of(std::string_view name) { return name.substr(1, name.find_first_of(".]") - 1); }
std::string_view key_of(std::string_view name) { return name.substr(name.find(' ') + 1); }

bool loosens(const RuleText& rule) { return is_among(key_of(rule.name), kLoosening) || rule.value == "false"; }

// "policy line 1" is not in "policy line 12".
bool cites(std::string_view text, std::string_view source) {
  for (std::size_t at = text.find(source); at != text.npos; at = text.find(source, at + 1)) {
    const std::size_t end = at + source.size();
    if (end == text.size() || text[end] < '0' || text[end] > '9') return true;
  }
  return false;
}

bool is_cited(const std::string& source, std::span<const Check> checks) {
  return std::any_of(checks.begin(), checks.end(),
                     [&](const Check& check) { return cites(check.source, source) || cites(check.found, source); });
}

}  // namespace

std::string_view table_of_machine(std::string_view type) {
  if (type == evidence_type::kSevSnp || type == evidence_type::kAzureSnpVtpm) return "snp";
  return type == evidence_type::kTdx || type == evidence_type::kAzureTdxVtpm ? "tdx" : "";
}

std::vector<Check> account_for_rules(const PolicyRules& policy, std::span<const Check> checks,
                                     const std::set<std::string_view>& tables) {
  std::vector<Check> out;
  std::map<std::string_view, std::string> of_others;
  for (const RuleText& rule : describe(policy)) {
    const std::string_view table = table_of(rule.name);
    const auto known = std::find(std::begin(kTables), std::end(kTables), table);
    if (known == std::end(kTables) || is_among(key_of(rule.name), kAboutRules)) continue;
    if (!rule.source.starts_with("policy line") || is_cited(rule.source, checks)) continue;
    const bool of_machine = table == "snp" || table == "tdx";
    const Expectation want{fmt::format("policy.{}", table), fmt::format("{} judged", rule.name), rule.source};
    if (of_machine && !tables.empty() && !tables.contains(table)) {
      std::string& lines = of_others[*known];
      lines += (lines.empty() ? "" : ", ") + rule.source;
    } else if (of_machine && !loosens(rule)) {
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
