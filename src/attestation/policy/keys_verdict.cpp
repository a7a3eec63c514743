#include <fmt/ranges.h>

#include "attestation/core/evidence.h"
#include "attestation/policy/keys.h"
#include "base/utc.h"

namespace minions::attestation::policy_file {
namespace {

Status read_covers(const Value& value, Rule<Covers>& covers) {
  return value.choice<Covers>(covers, {{"firmware", Covers::kFirmware},
                                       {"kernel", Covers::kKernel},
                                       {"root", Covers::kRoot},
                                       {"config", Covers::kConfig}});
}

Status read_kinds(const Value& value, OptionalRule<std::vector<std::string>>& kinds) {
  constexpr std::string_view kKinds[] = {evidence_type::kSevSnp, evidence_type::kAzureSnpVtpm, evidence_type::kTdx,
                                         evidence_type::kAzureTdxVtpm};
  MINIONS_TRY_ASSIGN(const auto named, value.texts("a kind of CPU evidence"));
  for (const std::string& kind : named.value) {
    if (std::find(std::begin(kKinds), std::end(kKinds), kind) == std::end(kKinds))
      return value.complain(fmt::format("want kinds out of {}", fmt::join(kKinds, ", ")), shown(kind));
  }
  kinds = named;
  return {};
}

// "first-use 2026-11-29": how, and the day.
Status read_origin(const Value& value, PolicyRules& rules, std::string_view table) {
  constexpr std::string_view kWant =
      "\"first-use DATE\", \"confirmed DATE\" or \"built DATE\", with a date such as 2026-11-29";
  MINIONS_TRY_ASSIGN(Rule<std::string> origin, value.text(kWant));
  const std::string_view text = origin.value;
  const std::string_view how = text.substr(0, text.find(' '));
  const bool known = how == "first-use" || how == "confirmed" || how == "built";
  const std::string_view date = text.substr(std::min(text.size(), how.size() + 1));
  if (!known || !parse_utc(fmt::format("{}T00:00:00Z", date))) return value.wrong(kWant);
  rules.origins[std::string(table)] = std::move(origin);
  return {};
}

void show_origin(const PolicyRules& rules, std::string_view table, RuleWriter& to) {
  const auto found = rules.origins.find(table);
  to.add(found == rules.origins.end() ? OptionalRule<std::string>() : OptionalRule<std::string>(found->second));
}

using V = const Value&;
using R = PolicyRules&;
using C = const PolicyRules&;
using W = RuleWriter&;
constexpr Key kKeys[] = {
    {"verdict", "require",
     [](V v, R r) {
       return v.choice<VerdictClass>(r.require, {{"confidential", VerdictClass::kConfidential},
                                                 {"operator-trusted", VerdictClass::kOperatorTrusted},
                                                 {"simulated", VerdictClass::kSimulated}});
     },
     [](C r, W w) { w.add(r.require); }},
    {"platform", "kinds", [](V v, R r) { return read_kinds(v, r.kinds); }, [](C r, W w) { w.add(r.kinds); }},
    {"snp", "covers", [](V v, R r) { return read_covers(v, r.snp.covers); }, [](C r, W w) { w.add(r.snp.covers); }},
    {"tdx", "covers", [](V v, R r) { return read_covers(v, r.tdx.covers); }, [](C r, W w) { w.add(r.tdx.covers); }},
    {"snp", "origin", [](V v, R r) { return read_origin(v, r, "snp"); }, [](C r, W w) { show_origin(r, "snp", w); }},
    {"tdx", "origin", [](V v, R r) { return read_origin(v, r, "tdx"); }, [](C r, W w) { show_origin(r, "tdx", w); }},
    {"gpu", "origin", [](V v, R r) { return read_origin(v, r, "gpu"); }, [](C r, W w) { show_origin(r, "gpu", w); }},
    {"attestor", "origin", [](V v, R r) { return read_origin(v, r, "attestor"); },
     [](C r, W w) { show_origin(r, "attestor", w); }},
    {"models", "origin", [](V v, R r) { return read_origin(v, r, "models"); },
     [](C r, W w) { show_origin(r, "models", w); }},
};

}  // namespace

std::span<const Key> verdict_keys() { return kKeys; }

}  // namespace minions::attestation::policy_file
