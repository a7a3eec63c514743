// The table of a policy file's keys: how each is read, and how it is shown. Private to policy*.cpp.
#pragma once

#include <toml++/toml.h>

#include "attestation/policy.h"
#include "attestation/rule_text.h"

namespace minions::attestation::policy_file {

// kUsage with file, line, what was expected and what was found.
[[nodiscard]] Status read_policy(const toml::table& policy, std::string_view file_name, PolicyRules& rules);
void show_rules(const PolicyRules& rules, RuleWriter& to);

}  // namespace minions::attestation::policy_file
