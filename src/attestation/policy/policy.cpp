#include "attestation/policy/policy.h"

#include <fmt/format.h>

#include <toml++/toml.h>

#include "attestation/core/verdict.h"
#include "attestation/policy/keys.h"
#include "base/byte_io.h"
#include "base/encoding.h"
#include "base/nesting.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

constexpr std::size_t kDotsOfALine = 200;
std::string without_space(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (std::string_view(" \t\r\n\v\f").find(c) == std::string_view::npos) kept += c;
  }
  return kept;
}

// Sets a list of allowed values that the policy left open; if the policy has one, it must contain the flag's value.
template <class T>
Status fill_in(OptionalRule<std::vector<T>>& rule, const T& value, std::string_view flag) {
  if (!rule) {
    rule = Rule<std::vector<T>>{{value}, fmt::format("flag {}", flag)};
    return {};
  }
  if (std::find(rule->value.begin(), rule->value.end(), value) != rule->value.end()) return {};
  return fail(ErrorCode::kUsage,
              fmt::format("{}: {} is not among the values of {}", flag, to_hex(value), rule->source));
}

Status apply_simulated(PolicyRules& rules) {
  if (rules.allow_simulated.value) return {};
  if (!rules.allow_simulated.is_built_in()) {
    return fail(ErrorCode::kUsage,
                fmt::format("--allow-simulated: {} refuses simulated evidence", rules.allow_simulated.source));
  }
  if (rules.require.is_written())
    return fail(ErrorCode::kUsage,
                fmt::format("--allow-simulated: [verdict] require = \"{}\" ({}) refuses simulated evidence",
                            name_of(rules.require.value), rules.require.source));
  rules.allow_simulated = {true, "flag --allow-simulated"};
  rules.require = {VerdictClass::kSimulated, "flag --allow-simulated"};
  return {};
}

// A policy file requires the best class unless it states otherwise; [simulated] allow is the old way to do so.
Status settle_class(PolicyRules& rules, std::string_view file_name) {
  const bool stated = !rules.require.is_built_in();
  const bool simulated_stated = !rules.allow_simulated.is_built_in();
  if (stated && rules.require.value == VerdictClass::kSimulated) {
    if (simulated_stated && !rules.allow_simulated.value)
      return fail(ErrorCode::kUsage,
                  fmt::format("{}: [verdict] require = \"simulated\" ({}) contradicts [simulated] allow = false ({})",
                              file_name, rules.require.source, rules.allow_simulated.source));
    rules.allow_simulated = {true, rules.require.source};
  }
  if (stated && rules.require.value != VerdictClass::kSimulated && rules.allow_simulated.value)
    return fail(ErrorCode::kUsage,
                fmt::format("{}: [verdict] require = \"{}\" ({}) contradicts [simulated] allow = true ({})", file_name,
                            name_of(rules.require.value), rules.require.source, rules.allow_simulated.source));
  if (!stated && rules.allow_simulated.value) rules.require = {VerdictClass::kSimulated, rules.allow_simulated.source};
  if (!stated && !rules.allow_simulated.value)
    rules.require = {VerdictClass::kConfidential, "the default of a policy file"};
  return {};
}

Status apply_pem(PolicyRules& rules, const std::string& pem) {
  auto key = crypto::P384PublicKey::from_pem(pem);
  if (!key) return fail(ErrorCode::kUsage, "--trusted-attestation-pem: " + key.error().detail);
  return fill_in(rules.operator_key_sha256, key->spki_sha256(), "--trusted-attestation-pem");
}

Status apply_measurement(PolicyRules& rules, const std::string& file) {
  const auto measurement = exactly<48>(from_hex_any_case(without_space(file)));
  if (!measurement) {
    return fail(ErrorCode::kUsage,
                fmt::format("--vm-launch-measurement: want 96 hex digits, {}", measurement.error().detail));
  }
  MINIONS_TRY(fill_in(rules.snp.measurements, *measurement, "--vm-launch-measurement"));
  return fill_in(rules.tdx.measurements, *measurement, "--vm-launch-measurement");
}

void append_flag(Bytes& to, std::string_view name, std::string_view value) {
  append_length_prefixed(to, as_bytes(name));
  append_length_prefixed(to, as_bytes(value));
}

}  // namespace

std::vector<RuleText> describe(const PolicyRules& rules) {
  RuleWriter writer;
  policy_file::show_rules(rules, writer);
  return std::move(writer).take();
}

Result<AppraisalPolicy> AppraisalPolicy::parse(std::string_view toml, std::string_view file_name) {
  if (const auto line = line_with_more_dots(toml, kDotsOfALine))
    return fail(ErrorCode::kUsage, fmt::format("{} line {}: over {} dots", file_name, *line, kDotsOfALine));
  toml::table table;
  try {
    table = toml::parse(toml, file_name);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kUsage,
                fmt::format("{} line {}: not TOML: {}", file_name, error.source().begin.line, error.description()));
  }
  AppraisalPolicy policy;
  MINIONS_TRY(policy_file::read_policy(table, file_name, policy.rules_));
  MINIONS_TRY(settle_class(policy.rules_, file_name));
  policy.digest_ = crypto::sha256({as_bytes("smp2 policy"), as_bytes(toml)});
  return policy;
}

Result<AppraisalPolicy> AppraisalPolicy::with(const PolicyFlags& flags) const {
  AppraisalPolicy policy = *this;
  Bytes given = to_bytes(digest_);
  if (flags.simulated == PolicyFlags::Simulated::kAllow) {
    MINIONS_TRY(apply_simulated(policy.rules_));
    append_flag(given, "simulated", "allow");
  }
  if (flags.trusted_attestation_pem) {
    MINIONS_TRY(apply_pem(policy.rules_, *flags.trusted_attestation_pem));
    append_flag(given, "pem", *flags.trusted_attestation_pem);
  }
  if (flags.vm_launch_measurement) {
    MINIONS_TRY(apply_measurement(policy.rules_, *flags.vm_launch_measurement));
    append_flag(given, "measurement", *flags.vm_launch_measurement);
  }
  if (given.size() > digest_.size()) policy.digest_ = crypto::sha256(given);
  return policy;
}

}  // namespace minions::attestation
