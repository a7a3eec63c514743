#include "manifest_policy.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

namespace minions::cases {
namespace {

using attestation::AppraisalPolicy;
using attestation::PolicyRules;

constexpr std::string_view kTables[] = {"snp", "tdx", "gpu", "jwt"};

// "[snp] max_vmpl"
bool is_known(std::string_view table, std::string_view key) {
  static const std::set<std::string> names = [] {
    std::set<std::string> all;
    for (const auto& rule : attestation::describe(PolicyRules())) all.insert(rule.name);
    return all;
  }();
  return names.contains(fmt::format("[{}] {}", table, key));
}

// Keys in words: "off (offline)", "evaluated only where RIM files are in the case".
Json in_a_word(std::string_view key, const Json& value) {
  if (!value.is_string()) return value;
  const std::string& text = value.get_ref<const std::string&>();
  if (key == "ocsp") return text == "require" ? "require" : "off";
  if (key == "rim") return text == "require" || text == "off" ? text : "if-present";
  return value;
}

// The names that captures' own decoding uses.
std::string component_name(const std::string& name) {
  if (name == "bl") return "bootloader";
  if (name == "ucode") return "microcode";
  return name;
}

std::string to_toml(const Json& value) {
  if (value.is_string()) return json_quoted(value.get<std::string>());
  if (value.is_object()) {
    std::string members;
    for (const auto& [name, member] : value.items()) {
      members +=
          fmt::format("{}{} = {}", members.empty() ? "" : ", ", json_quoted(component_name(name)), to_toml(member));
    }
    return fmt::format("{{ {} }}", members);
  }
  return value.dump();
}

// A key without its table applies to every table that has it.
Status merge_key(Json& into, const std::string& key, const Json& value) {
  bool known = false;
  for (const std::string_view table : kTables) {
    if (!is_known(table, key)) continue;
    into[std::string(table)][key] = in_a_word(key, value);
    known = true;
  }
  if (!known) return fail(ErrorCode::kUnsupported, fmt::format("policy: unknown rule {}", key));
  return {};
}

Status merge(Json& into, const Json& policy) {
  if (!policy.is_object()) return fail(ErrorCode::kMalformed, "policy: want an object");
  for (const auto& [table, keys] : policy.items()) {
    if (table == "collateral") continue;  // in words: judged at validation_time
    if (!keys.is_object() || is_known("snp", table) || is_known("tdx", table)) {
      MINIONS_TRY(merge_key(into, table, keys));
      continue;
    }
    for (const auto& [key, value] : keys.items()) {
      if (table != "waive" && !is_known(table, key))
        return fail(ErrorCode::kUnsupported, fmt::format("policy: unknown rule {} {}", table, key));
      into[table][key] = in_a_word(key, value);
    }
  }
  return {};
}

// The default of every case is the built-in one where it asks for claims that only tokens of NRAS state: written in a
// policy, they would fail each bare report.
Json without_claims(Json defaults) {
  const auto gpu = defaults.find("gpu");
  if (gpu == defaults.end() || !gpu->is_object()) return defaults;
  for (const char* claim : {"require_secboot", "require_dbgstat_disabled"}) {
    if (gpu->contains(claim) && (*gpu)[claim] == true) gpu->erase(claim);
  }
  return defaults;
}

}  // namespace

Result<PolicyRules> manifest_rules(const Json& manifest, const Json& entry) {
  Json policy = {{"snp", {{"require_secure_boot", false}}},
                 {"tdx", {{"require_secure_boot", false}, {"require_sept_ve_disable", false}}},
                 {"gpu", {{"rim", "if-present"}, {"ocsp", "off"}}},
                 {"freshness", Json::object()}};
  if (manifest.contains("default_policy")) MINIONS_TRY(merge(policy, without_claims(manifest["default_policy"])));
  if (entry.contains("policy")) MINIONS_TRY(merge(policy, entry["policy"]));
  // Recorded times are compared to the second, unless the manifest says otherwise under either name.
  const bool has_leeway = policy["freshness"].contains("leeway_s");
  if (!has_leeway) policy["freshness"]["leeway_s"] = policy.value("jwt", Json::object()).value("leeway_s", Json(0));
  std::string toml;
  for (const auto& [table, keys] : policy.items()) {
    toml += fmt::format("[{}]\n", table);
    for (const auto& [key, value] : keys.items()) toml += fmt::format("{} = {}\n", json_quoted(key), to_toml(value));
  }
  MINIONS_TRY_ASSIGN(const AppraisalPolicy parsed, AppraisalPolicy::parse(toml, "manifest's policy"));
  return parsed.rules();
}

}  // namespace minions::cases
