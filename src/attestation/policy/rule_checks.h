// The kinds of rules that several verifiers judge, each as one check.
#pragma once

#include "attestation/core/check_list.h"
#include "attestation/policy/policy.h"
#include "base/encoding.h"

namespace minions::attestation {

// A value that must be one of those the policy names, if it names any.
template <std::size_t N>
struct AllowedValues {
  std::string_view check;
  std::string_view what;
  const OptionalRule<std::vector<ByteArray<N>>>& rule;
};

template <std::size_t N>
void check_allowed(const AllowedValues<N>& allowed, const ByteArray<N>& found, CheckList& checks) {
  constexpr std::size_t kMostShown = 4;
  if (!allowed.rule) {
    checks.waive(allowed.check, fmt::format("a {} that is known", allowed.what),
                 fmt::format("the policy names no {}; {} here", allowed.what, to_hex(found)));
    return;
  }
  const auto& values = allowed.rule->value;
  std::string want;
  for (std::size_t i = 0; i < std::min(values.size(), kMostShown); ++i)
    want += (i == 0 ? "" : " or ") + to_hex(values[i]);
  if (values.size() > kMostShown) want += fmt::format(" or {} more", values.size() - kMostShown);
  checks.expect(allowed.check, std::find(values.begin(), values.end(), found) != values.end(), std::move(want),
                to_hex(found), allowed.rule->source);
}

// A capability that is off unless the policy allows it.
struct Capability {
  std::string_view check;
  std::string_view name;
  bool on;
  const Rule<bool>& allow;
};

inline void check_capability(const Capability& capability, CheckList& checks) {
  const std::string off = fmt::format("{} off", capability.name);
  checks.expect(capability.check, !capability.on || capability.allow.value,
                capability.allow.value ? fmt::format("{} on or off", capability.name) : off,
                capability.on ? fmt::format("{} on", capability.name) : off, capability.allow.source);
}

// A protection that is on unless the policy does without it; then a waived check reports the actual state.
struct Protection {
  std::string_view check;
  std::string_view name;
  std::optional<bool> on;  // nothing: not stated
  const Rule<bool>& require;
};

inline void check_protection(const Protection& protection, CheckList& checks) {
  const std::string want = fmt::format("{} on", protection.name);
  const std::string found =
      !protection.on ? "not stated" : fmt::format("{} {}", protection.name, *protection.on ? "on" : "off");
  if (protection.on.value_or(false) || protection.require.value) {
    checks.expect(protection.check, protection.on.value_or(false), want, found, protection.require.source);
  } else {
    checks.waive(protection.check, want, fmt::format("not required ({}): {}", protection.require.source, found));
  }
}

}  // namespace minions::attestation
