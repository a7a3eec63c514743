#include "replay.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "base/utc.h"
#include "evidence_case.h"

namespace minions::app {
namespace {

using attestation::Check;
using attestation::Outcome;
using attestation::PolicyRules;

constexpr std::string_view kFormat = "evidence-fixtures/1";
constexpr std::size_t kFileLimitBytes = 16 * 1024 * 1024;

Result<Bytes> read_file(const std::filesystem::path& folder, const std::string& name) {
  const std::filesystem::path relative(name);
  const bool inside = relative.is_relative() &&
                      std::none_of(relative.begin(), relative.end(), [](const auto& part) { return part == ".."; });
  if (!inside) return fail(ErrorCode::kMalformed, fmt::format("{}: not within the manifest's folder", name));
  std::ifstream in(folder / relative, std::ios::binary);
  std::error_code error;
  const auto size = std::filesystem::file_size(folder / relative, error);
  if (!in || error) return fail(ErrorCode::kNotFound, fmt::format("{}: cannot be read", name));
  if (size > kFileLimitBytes) return fail(ErrorCode::kTooLarge, fmt::format("{}: {} bytes", name, size));
  Bytes bytes(size);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (in.gcount() != static_cast<std::streamsize>(bytes.size()))
    return fail(ErrorCode::kIo, fmt::format("{}: cannot be read whole", name));
  return bytes;
}

Status apply_flag(bool& to, const Json& value, std::string_view name) {
  if (!value.is_boolean()) return fail(ErrorCode::kMalformed, fmt::format("policy: {}: want true or false", name));
  to = value.get<bool>();
  return {};
}

Status apply_number(std::uint64_t& to, const Json& value, std::string_view name) {
  if (!value.is_number_unsigned()) return fail(ErrorCode::kMalformed, fmt::format("policy: {}: want a number", name));
  to = value.get<std::uint64_t>();
  return {};
}

Status apply_names(std::vector<std::string>& to, const Json& value, std::string_view name) {
  std::vector<std::string> names;
  for (const Json& entry : value.is_array() ? value : Json::array()) {
    if (!entry.is_string()) return fail(ErrorCode::kMalformed, fmt::format("policy: {}: want a list of names", name));
    names.push_back(entry.get<std::string>());
  }
  if (names.empty()) return fail(ErrorCode::kMalformed, fmt::format("policy: {}: want a list of names", name));
  to = std::move(names);
  return {};
}

// `table` is empty where a case gives keys without their table.
Status apply_rule(PolicyRules& rules, std::string_view table, std::string_view name, const Json& value) {
  const auto in = [&](std::string_view wanted) { return table.empty() || table == wanted; };
  if (name == "allow_debug") {
    if (in("snp")) MINIONS_TRY(apply_flag(rules.snp.allow_debug.value, value, name));
    if (in("tdx")) MINIONS_TRY(apply_flag(rules.tdx.allow_debug.value, value, name));
    return {};
  }
  if (name == "max_vmpl" && in("snp")) return apply_number(rules.snp.max_vmpl.value, value, name);
  if (name == "allow_migration_agent" && in("snp"))
    return apply_flag(rules.snp.allow_migration_agent.value, value, name);
  if (name == "accepted_tcb" && in("tdx")) return apply_names(rules.tdx.accepted_tcb.value, value, name);
  if (name == "require_secboot" && in("gpu")) return apply_flag(rules.gpu.require_secboot.value, value, name);
  if (name == "require_dbgstat_disabled" && in("gpu"))
    return apply_flag(rules.gpu.require_dbgstat_disabled.value, value, name);
  if (name == "leeway_s" && in("jwt")) return apply_number(rules.jwt.leeway_s.value, value, name);
  if (name == "ocsp" || name == "rim") return {};  // said in words: offline, and RIMs only where they are in the case
  return fail(ErrorCode::kUnsupported, fmt::format("policy: unknown rule {} {}", table, name));
}

Status apply_policy(PolicyRules& rules, const Json& policy) {
  for (const auto& [table, keys] : policy.items()) {
    if (table == "collateral") continue;  // in words: judged at validation_time
    if (!keys.is_object()) {
      MINIONS_TRY(apply_rule(rules, "", table, keys));
      continue;
    }
    for (const auto& [name, value] : keys.items()) MINIONS_TRY(apply_rule(rules, table, name, value));
  }
  return {};
}

Result<PolicyRules> policy_of(const Json& manifest) {
  PolicyRules rules;
  rules.gpu.rim.value = attestation::RimMode::kIfPresent;
  rules.gpu.ocsp.value = attestation::OcspMode::kOff;
  MINIONS_TRY_ASSIGN(const Json* policy, object_member(manifest, "default_policy"));
  MINIONS_TRY(apply_policy(rules, *policy));
  return rules;
}

Status load_files(EvidenceCase& into, const Json& entry, const std::filesystem::path& folder) {
  MINIONS_TRY_ASSIGN(const Json* files, array_member(entry, "files"));
  for (const Json& file : *files) {
    if (const auto use = file.find("use"); use != file.end() && use->is_string() &&
                                           use->get_ref<const std::string&>().find("not used") != std::string::npos) {
      continue;
    }
    MINIONS_TRY_ASSIGN(const std::string path, string_member(file, "file"));
    const std::string name = std::filesystem::path(path).filename();
    MINIONS_TRY_ASSIGN(into.files[name], read_file(folder, path));
    MINIONS_TRY_ASSIGN(into.roles[name], string_member(file, "role"));
  }
  MINIONS_TRY_ASSIGN(const Json* companions, array_member(entry, "companions"));
  for (const Json& path : *companions) {
    if (!path.is_string()) return fail(ErrorCode::kMalformed, "companions: want paths");
    MINIONS_TRY_ASSIGN(Bytes bytes, read_file(folder, path.get<std::string>()));
    into.companions.push_back(std::move(bytes));
  }
  return {};
}

Status read_groups(std::vector<std::string>& into, const Json& entry) {
  into.clear();
  if (!entry.contains("check")) return {};
  return apply_names(into, entry["check"], "check");
}

Result<EvidenceCase> load_case(const Json& entry, const PolicyRules& rules, const std::filesystem::path& folder) {
  EvidenceCase out;
  out.rules = rules;
  MINIONS_TRY_ASSIGN(out.id, string_member(entry, "id"));
  MINIONS_TRY_ASSIGN(out.kind, string_member(entry, "kind"));
  MINIONS_TRY_ASSIGN(const std::string verdict, string_member(entry, "verdict"));
  if (verdict != "accept" && verdict != "reject")
    return fail(ErrorCode::kMalformed, fmt::format("verdict: want accept or reject, found {}", verdict));
  out.accept = verdict == "accept";
  MINIONS_TRY_ASSIGN(const std::string time, string_member(entry, "validation_time"));
  const auto parsed = parse_utc(time);
  if (!parsed) return fail(ErrorCode::kMalformed, fmt::format("validation_time: want a time in UTC, found {}", time));
  out.validation_time = *parsed;
  if (entry.contains("policy")) MINIONS_TRY(apply_policy(out.rules, entry["policy"]));
  MINIONS_TRY(read_groups(out.groups, entry));
  MINIONS_TRY(load_files(out, entry, folder));
  return out;
}

// Of `evidence.TYPE.GROUP` or `evidence.TYPE.GROUP.WHAT`.
std::string group_of(const Check& check) {
  std::string_view id = check.id;
  for (int i = 0; i < 2; ++i) id.remove_prefix(std::min(id.size(), id.find('.') + 1));
  return std::string(id.substr(0, id.find('.')));
}

struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;

  void ok(std::string_view id) {
    ++passed;
    fmt::print("ok {}\n", id);
  }
  void fail(std::string_view id, std::string_view expected, std::string_view got) {
    ++failed;
    fmt::print("FAIL {}: expected {}, got {}\n", id, expected, got);
  }
};

void compare(const EvidenceCase& evidence, std::string_view id, Tally& tally) {
  std::string expected = evidence.accept ? "accept" : "reject";
  if (!evidence.groups.empty()) expected += fmt::format(" by {}", fmt::join(evidence.groups, " or "));
  const auto checks = judge(evidence);
  if (!checks) return tally.fail(id, expected, checks.error().detail);
  const auto failure =
      std::find_if(checks->begin(), checks->end(), [](const Check& check) { return check.outcome == Outcome::kFail; });
  const bool any_pass =
      std::any_of(checks->begin(), checks->end(), [](const Check& check) { return check.outcome == Outcome::kPass; });
  if (failure == checks->end()) {
    if (evidence.accept && any_pass) return tally.ok(id);
    return tally.fail(id, expected, any_pass ? "accept" : "no check that passed");
  }
  const auto& groups = evidence.groups;
  const bool right_group =
      groups.empty() || std::find(groups.begin(), groups.end(), group_of(*failure)) != groups.end();
  if (!evidence.accept && right_group) return tally.ok(id);
  tally.fail(id, expected, fmt::format("reject by {}", failure->to_text()));
}

void replay_mutation(const Json& mutation, const std::map<std::string, EvidenceCase>& cases, Tally& tally) {
  const auto id = string_member(mutation, "id");
  const auto base = string_member(mutation, "base");
  if (!id || !base) return tally.fail("mutation", "an id and a base", id ? base.error().detail : id.error().detail);
  const auto found = cases.find(*base);
  if (found == cases.end()) return tally.fail(*id, "reject", fmt::format("no case {}", *base));
  EvidenceCase altered = found->second;
  altered.accept = false;
  Status done = read_groups(altered.groups, mutation);
  if (done) done = mutate(altered, mutation);
  if (!done) return tally.fail(*id, "reject", done.error().detail);
  compare(altered, *id, tally);
}

Result<Json> read_manifest(const std::filesystem::path& path) {
  MINIONS_TRY_ASSIGN(const Bytes bytes, read_file(path.parent_path(), path.filename()));
  MINIONS_TRY_ASSIGN(Json manifest, parse_strict_json(as_text(bytes), {.bytes = kFileLimitBytes, .depth = 32}));
  MINIONS_TRY_ASSIGN(const std::string format, string_member(manifest, "format"));
  if (format != kFormat)
    return fail(ErrorCode::kUnsupported, fmt::format("format: want {}, found {}", kFormat, format));
  return manifest;
}

Result<Tally> replay(const std::filesystem::path& path) {
  MINIONS_TRY_ASSIGN(const Json manifest, read_manifest(path));
  MINIONS_TRY_ASSIGN(const PolicyRules rules, policy_of(manifest));
  MINIONS_TRY_ASSIGN(const Json* entries, array_member(manifest, "cases"));
  Tally tally;
  std::map<std::string, EvidenceCase> cases;
  for (const Json& entry : *entries) {
    auto loaded = load_case(entry, rules, path.parent_path());
    if (!loaded) {
      const auto id = string_member(entry, "id");
      tally.fail(id ? *id : "case", "a case that can be read", loaded.error().detail);
      continue;
    }
    compare(*loaded, loaded->id, tally);
    cases.emplace(loaded->id, *std::move(loaded));
  }
  if (manifest.contains("mutations")) {
    for (const Json& mutation : manifest["mutations"]) replay_mutation(mutation, cases, tally);
  }
  return tally;
}

}  // namespace

ExitCode verify(const VerifyOptions& options) {
  const auto tally = replay(std::filesystem::absolute(options.manifest));
  if (!tally) return report({ErrorCode::kUsage, options.manifest + ": " + tally.error().detail});
  fmt::print("{} passed, {} failed\n", tally->passed, tally->failed);
  if (tally->failed == 0 && tally->passed > 0) return ExitCode::kOk;
  return ExitCode::kRefused;
}

}  // namespace minions::app
