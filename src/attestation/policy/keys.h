// The table of a policy file's keys: how each is read, and how it is shown. Private to policy*.cpp.
#pragma once

#include <toml++/toml.h>

#include "attestation/core/dotted_version.h"
#include "attestation/policy/policy.h"
#include "attestation/policy/rule_text.h"
#include "attestation/policy/value.h"

namespace minions::attestation::policy_file {

// show: the rule as it holds, one line per entry.
struct Key {
  std::string_view table;
  std::string_view name;
  Status (*read)(const Value& value, PolicyRules& rules);
  void (*show)(const PolicyRules& rules, RuleWriter& to);
};

template <class T, class U>
Status assign(T& rule, Result<U> read) {
  if (!read) return fail(std::move(read).error());
  rule = *std::move(read);
  return {};
}

[[nodiscard]] Result<Rule<std::string>> version(const Value& value, VersionDigits digits, std::string_view want);

// Of [snp], [tdx] and [gpu]: those that most policies do not use.
[[nodiscard]] std::span<const Key> more_hardware_keys();
// [verdict], [platform], and what tables state about their own values.
[[nodiscard]] std::span<const Key> verdict_keys();
// kUsage if one rule of [snp] or [gpu] leaves another nothing to accept.
[[nodiscard]] Status check_contradictions(const PolicyRules& rules, std::string_view file_name);

// kUsage with file, line, what was expected and what was found.
[[nodiscard]] Status read_policy(const toml::table& policy, std::string_view file_name, PolicyRules& rules);
void show_rules(const PolicyRules& rules, RuleWriter& to);

}  // namespace minions::attestation::policy_file
