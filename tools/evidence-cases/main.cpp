// Appraises every case of an evidence manifest (format evidence-fixtures/1) and its mutations, and compares verdict and
// group of the first failing check.
//
// usage: evidence-cases MANIFEST.json    0: all agree; 3: some do not; 2: no such manifest
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "base/encoding.h"
#include "base/terminal_text.h"
#include "base/utc.h"
#include "manifest_case.h"
#include "manifest_policy.h"

namespace minions::cases {
namespace {

using attestation::Check;
using attestation::Outcome;

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

Status read_names(std::vector<std::string>& to, const Json& value, std::string_view name) {
  to.clear();
  for (const Json& entry : value.is_array() ? value : Json::array({value})) {
    if (!entry.is_string()) return fail(ErrorCode::kMalformed, fmt::format("{}: want a list of names", name));
    to.push_back(entry.get<std::string>());
  }
  if (to.empty()) return fail(ErrorCode::kMalformed, fmt::format("{}: want a list of names", name));
  return {};
}

bool is_used(const Json& file) {
  const auto use = file.find("use");
  return use == file.end() || !use->is_string() ||
         use->get_ref<const std::string&>().find("not used") == std::string::npos;
}

Status load_files(audit::EvidenceCase& into, const Json& entry, const std::filesystem::path& folder) {
  MINIONS_TRY_ASSIGN(const Json* files, array_member(entry, "files"));
  for (const Json& file : *files) {
    if (!is_used(file)) continue;
    MINIONS_TRY_ASSIGN(const std::string path, string_member(file, "file"));
    audit::NamedFile loaded{
        .name = std::filesystem::path(path).filename(), .role = file.value("role", ""), .bytes = {}};
    MINIONS_TRY_ASSIGN(loaded.bytes, read_file(folder, path));
    into.files.push_back(std::move(loaded));
  }
  if (!entry.contains("companions")) return {};
  MINIONS_TRY_ASSIGN(const Json* companions, array_member(entry, "companions"));
  for (const Json& path : *companions) {
    if (!path.is_string()) return fail(ErrorCode::kMalformed, "companions: want paths");
    MINIONS_TRY_ASSIGN(Bytes bytes, read_file(folder, path.get<std::string>()));
    into.companions.push_back(std::move(bytes));
  }
  return {};
}

// What the evidence was requested with, if `expected` states it.
Status read_questions(audit::EvidenceCase& into, const Json& entry) {
  const Json expected = entry.value("expected", Json::object());
  if (expected.contains("nonce_expected") && expected["nonce_expected"].is_string()) {
    MINIONS_TRY_ASSIGN(into.gpu_nonce, exactly<32>(from_hex_any_case(expected["nonce_expected"].get<std::string>())));
  }
  if (expected.contains("qualifying_data_hex") && expected["qualifying_data_hex"].is_string()) {
    MINIONS_TRY_ASSIGN(into.qualifying_data, from_hex_any_case(expected["qualifying_data_hex"].get<std::string>()));
  }
  return {};
}

Status read_groups(std::vector<std::string>& into, const Json& entry) {
  into.clear();
  if (!entry.contains("check")) return {};
  return read_names(into, entry["check"], "check");
}

Result<ManifestCase> load_case(const Json& entry, const Json& manifest, const std::filesystem::path& folder) {
  ManifestCase out;
  audit::EvidenceCase& evidence = out.evidence;
  MINIONS_TRY_ASSIGN(out.id, string_member(entry, "id"));
  MINIONS_TRY_ASSIGN(evidence.kind, string_member(entry, "kind"));
  MINIONS_TRY_ASSIGN(const std::string verdict, string_member(entry, "verdict"));
  if (verdict != "accept" && verdict != "reject")
    return fail(ErrorCode::kMalformed, fmt::format("verdict: want accept or reject, found {}", verdict));
  out.accept = verdict == "accept";
  MINIONS_TRY_ASSIGN(const std::string time, string_member(entry, "validation_time"));
  const auto parsed = parse_utc(time);
  if (!parsed) return fail(ErrorCode::kMalformed, fmt::format("validation_time: want a time in UTC, found {}", time));
  evidence.validation_time = *parsed;
  MINIONS_TRY_ASSIGN(evidence.rules, manifest_rules(manifest, entry));
  MINIONS_TRY(read_groups(out.groups, entry));
  MINIONS_TRY(read_questions(evidence, entry));
  MINIONS_TRY(load_files(evidence, entry, folder));
  assign_pieces(evidence);
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
    fmt::print("ok {}\n", line_for_terminal(id));
  }
  void fail(std::string_view id, std::string_view expected, std::string_view got) {
    ++failed;
    fmt::print("FAIL {}: expected {}, got {}\n", line_for_terminal(id), line_for_terminal(expected),
               line_for_terminal(got));
  }
};

void compare(const ManifestCase& judged, std::string_view id, Tally& tally) {
  std::string expected = judged.accept ? "accept" : "reject";
  if (!judged.groups.empty()) expected += fmt::format(" by {}", fmt::join(judged.groups, " or "));
  const auto checks = judge(judged.evidence);
  if (!checks) return tally.fail(id, expected, checks.error().detail);
  const auto failure =
      std::find_if(checks->begin(), checks->end(), [](const Check& check) { return check.outcome == Outcome::kFail; });
  const bool any_pass =
      std::any_of(checks->begin(), checks->end(), [](const Check& check) { return check.outcome == Outcome::kPass; });
  if (failure == checks->end()) {
    if (judged.accept && any_pass) return tally.ok(id);
    return tally.fail(id, expected, any_pass ? "accept" : "no check that passed");
  }
  const auto& groups = judged.groups;
  const bool right_group =
      groups.empty() || std::find(groups.begin(), groups.end(), group_of(*failure)) != groups.end();
  if (!judged.accept && right_group) return tally.ok(id);
  tally.fail(id, expected, fmt::format("reject by {}", failure->to_text()));
}

void replay_mutation(const Json& mutation, const std::map<std::string, ManifestCase>& cases, Tally& tally) {
  const auto id = string_member(mutation, "id");
  const auto base = string_member(mutation, "base");
  if (!id || !base) return tally.fail("mutation", "an id and a base", id ? base.error().detail : id.error().detail);
  const auto found = cases.find(*base);
  if (found == cases.end()) return tally.fail(*id, "reject", fmt::format("no case {}", *base));
  ManifestCase altered = found->second;
  altered.accept = false;
  Status done = read_groups(altered.groups, mutation);
  if (done) done = mutate(altered.evidence, mutation);
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
  MINIONS_TRY_ASSIGN(const Json* entries, array_member(manifest, "cases"));
  Tally tally;
  std::map<std::string, ManifestCase> cases;
  for (const Json& entry : *entries) {
    auto loaded = load_case(entry, manifest, path.parent_path());
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
}  // namespace minions::cases

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: evidence-cases MANIFEST.json\n");
    return 2;
  }
  const auto tally = minions::cases::replay(std::filesystem::absolute(argv[1]));
  if (!tally) {
    fmt::print(stderr, "evidence-cases: {}: {}\n", argv[1], tally.error().detail);
    return 2;
  }
  fmt::print("{} passed, {} failed\n", tally->passed, tally->failed);
  return tally->failed == 0 && tally->passed > 0 ? 0 : 3;
}
