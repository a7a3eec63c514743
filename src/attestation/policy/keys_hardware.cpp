#include <fmt/ranges.h>

#include "attestation/amd/snp_report.h"
#include "attestation/policy/gpu_count.h"
#include "attestation/policy/keys.h"

namespace minions::attestation::policy_file {
namespace {

constexpr std::uint64_t kMostInteger = 0x7FFFFFFFFFFFFFFF;  // of TOML
constexpr std::string_view kGpuModes[] = {"SPT", "MPT", "PPCIE"};

std::vector<std::string_view> names_of(std::span<const NamedBit> bits) {
  std::vector<std::string_view> names;
  for (const NamedBit& bit : bits) names.push_back(bit.name);
  return names;
}

Result<Rule<std::vector<std::string>>> names_among(const Value& value, std::span<const std::string_view> known,
                                                   std::string_view what) {
  MINIONS_TRY_ASSIGN(auto rule, value.texts(what));
  for (const std::string& name : rule.value) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return value.complain(fmt::format("want names out of {}", fmt::join(known, ", ")), shown(name));
  }
  return rule;
}

Result<Rule<std::vector<std::string>>> platform_info(const Value& value) {
  return names_among(value, names_of(snp_platform_info_bits()), "a bit of PLATFORM_INFO");
}

Status read_guest_policy(const Value& value, std::map<std::string, Rule<bool>, std::less<>>& bits) {
  const auto known = names_of(snp_guest_policy_bits());
  const std::string want = fmt::format("a table of {}", fmt::join(known, ", "));
  return value.some(want, [&](const std::string& name, const Value& bit) -> Status {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return bit.complain(fmt::format("want {}", fmt::join(known, ", ")), shown(name));
    return bit.read(bits[name]);
  });
}

// All 64 bytes, or the 8 that a Turin chip has, which its reports pad with zeros. All zeros is no chip's id.
Result<Rule<std::vector<ByteArray<64>>>> chip_ids(const Value& value) {
  constexpr std::string_view kWant = "128 hex digits, or the 16 of a Turin chip, not all of them zero";
  MINIONS_TRY_ASSIGN(const auto list, value.texts(kWant));
  Rule<std::vector<ByteArray<64>>> rule{{}, list.source};
  for (const std::string& hex : list.value) {
    const auto bytes = from_hex_any_case(hex);
    ByteArray<64> id{};
    const bool sized = bytes && (bytes->size() == 64 || bytes->size() == 8);
    if (sized) std::copy(bytes->begin(), bytes->end(), id.begin());
    if (id == ByteArray<64>{}) return value.complain(fmt::format("want {}", kWant), shown(hex));
    rule.value.push_back(id);
  }
  return rule;
}

Result<Rule<std::string>> version_of(const Value& value, std::ptrdiff_t most_dots, std::string_view want) {
  MINIONS_TRY_ASSIGN(auto rule, version(value, VersionDigits::kDecimal, want));
  if (std::count(rule.value.begin(), rule.value.end(), '.') > most_dots) return value.wrong(want);
  return rule;
}

Status read_author_key(const Value& value, OptionalRule<AuthorKeyMode>& mode) {
  Rule<AuthorKeyMode> rule;
  MINIONS_TRY(
      value.choice<AuthorKeyMode>(rule, {{"none", AuthorKeyMode::kNone}, {"require", AuthorKeyMode::kRequire}}));
  mode = rule;
  return {};
}

Status read_optional(const Value& value, OptionalRule<bool>& to) {
  Rule<bool> rule;
  MINIONS_TRY(value.read(rule));
  to = rule;
  return {};
}

Result<Measurement> one_measurement(const Value& value) {
  MINIONS_TRY_ASSIGN(const auto digests, value.digests<48>());
  if (digests.value.size() != 1) return value.wrong("96 hex digits");
  return digests.value.front();
}

Status read_platform(const Value& value, std::vector<TdPlatform>& platforms) {
  constexpr std::string_view kWant = "a table of mrtd and rtmr0";
  std::map<std::string, Measurement> members;
  MINIONS_TRY(value.some(kWant, [&](const std::string& name, const Value& member) -> Status {
    if (name != "mrtd" && name != "rtmr0") return member.complain("want mrtd and rtmr0", shown(name));
    MINIONS_TRY_ASSIGN(members[name], one_measurement(member));
    return {};
  }));
  if (members.size() != 2)
    return value.complain(fmt::format("want {}", kWant),
                          members.empty() ? "neither" : members.begin()->first + " alone");
  platforms.push_back({members["mrtd"], members["rtmr0"]});
  return {};
}

Status read_platforms(const Value& value, OptionalRule<std::vector<TdPlatform>>& platforms) {
  Rule<std::vector<TdPlatform>> rule{{}, value.source()};
  MINIONS_TRY(value.entries("an array of tables of mrtd and rtmr0",
                            [&](const Value& entry) { return read_platform(entry, rule.value); }));
  platforms = std::move(rule);
  return {};
}

Result<Rule<ByteArray<16>>> one_svn(const Value& value) {
  MINIONS_TRY_ASSIGN(const auto values, value.digests<16>());
  if (values.value.size() != 1) return value.wrong("32 hex digits");
  return Rule<ByteArray<16>>{values.value.front(), values.source};
}

using V = const Value&;
using R = PolicyRules&;
using C = const PolicyRules&;
using W = RuleWriter&;
constexpr Key kKeys[] = {
    {"snp", "chip_ids", [](V v, R r) { return assign(r.snp.chip_ids, chip_ids(v)); },
     [](C r, W w) { w.add(r.snp.chip_ids); }},
    {"snp", "platform_info_required", [](V v, R r) { return assign(r.snp.platform_info_required, platform_info(v)); },
     [](C r, W w) { w.add(r.snp.platform_info_required); }},
    {"snp", "platform_info_forbidden", [](V v, R r) { return assign(r.snp.platform_info_forbidden, platform_info(v)); },
     [](C r, W w) { w.add(r.snp.platform_info_forbidden); }},
    {"snp", "min_firmware",
     [](V v, R r) { return assign(r.snp.min_firmware, version_of(v, 2, "a version such as 1.55.29")); },
     [](C r, W w) { w.add(r.snp.min_firmware); }},
    {"snp", "allow_provisional_firmware", [](V v, R r) { return read_optional(v, r.snp.allow_provisional_firmware); },
     [](C r, W w) { w.add(r.snp.allow_provisional_firmware); }},
    {"snp", "launch_mitigations", [](V v, R r) { return assign(r.snp.launch_mitigations, v.integer(0, kMostInteger)); },
     [](C r, W w) { w.add(r.snp.launch_mitigations); }},
    {"snp", "current_mitigations",
     [](V v, R r) { return assign(r.snp.current_mitigations, v.integer(0, kMostInteger)); },
     [](C r, W w) { w.add(r.snp.current_mitigations); }},
    {"snp", "guest_policy", [](V v, R r) { return read_guest_policy(v, r.snp.guest_policy); },
     [](C r, W w) { w.add(r.snp.guest_policy); }},
    {"snp", "min_guest_abi",
     [](V v, R r) { return assign(r.snp.min_guest_abi, version_of(v, 1, "a version such as 1.51")); },
     [](C r, W w) { w.add(r.snp.min_guest_abi); }},
    {"snp", "author_key", [](V v, R r) { return read_author_key(v, r.snp.author_key); },
     [](C r, W w) { w.add(r.snp.author_key); }},
    {"tdx", "platforms", [](V v, R r) { return read_platforms(v, r.tdx.platforms); },
     [](C r, W w) { w.add(r.tdx.platforms); }},
    {"tdx", "fmspc", [](V v, R r) { return assign(r.tdx.fmspc, v.digests<6>()); },
     [](C r, W w) { w.add(r.tdx.fmspc); }},
    {"tdx", "ppids", [](V v, R r) { return assign(r.tdx.ppids, v.digests<16>()); },
     [](C r, W w) { w.add(r.tdx.ppids); }},
    {"tdx", "mrsignerseam", [](V v, R r) { return assign(r.tdx.mrsignerseam, v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.mrsignerseam); }},
    {"tdx", "seam_attributes", [](V v, R r) { return assign(r.tdx.seam_attributes, v.digests<8>()); },
     [](C r, W w) { w.add(r.tdx.seam_attributes); }},
    {"tdx", "tee_tcb_svn2", [](V v, R r) { return assign(r.tdx.tee_tcb_svn2, v.digests<16>()); },
     [](C r, W w) { w.add(r.tdx.tee_tcb_svn2); }},
    {"tdx", "min_tee_tcb_svn2", [](V v, R r) { return assign(r.tdx.min_tee_tcb_svn2, one_svn(v)); },
     [](C r, W w) { w.add(r.tdx.min_tee_tcb_svn2); }},
    {"tdx", "mrservicetd", [](V v, R r) { return assign(r.tdx.mrservicetd, v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.mrservicetd); }},
    {"gpu", "none", [](V v, R r) { return v.read(r.gpu.none); }, [](C r, W w) { w.add(r.gpu.none); }},
    {"gpu", "mode", [](V v, R r) { return assign(r.gpu.mode, names_among(v, kGpuModes, "a mode of the gpu")); },
     [](C r, W w) { w.add(r.gpu.mode); }},
};

struct Contradiction {
  std::string_view key;  // "[gpu] none"
  const std::string& source;
  std::string want;
  std::string found;
};

tl::unexpected<Error> contradicts(std::string_view file_name, const Contradiction& rules) {
  constexpr std::string_view kPrefix = "policy ";
  std::string_view line = rules.source;
  if (line.starts_with(kPrefix)) line.remove_prefix(kPrefix.size());
  return fail(ErrorCode::kUsage,
              fmt::format("{} {}: {}: want {}, found {}", file_name, line, rules.key, rules.want, rules.found));
}

Status check_gpu(const GpuRules& rules, std::string_view file_name) {
  if (!rules.none.value) return {};
  constexpr std::string_view kWant = "no rule about gpus beside it";
  if (rules.count && rules.count->value > 0) {
    return contradicts(file_name, {"[gpu] none", rules.none.source, std::string(kWant),
                                   fmt::format("count = {} ({})", rules.count->value, rules.count->source)});
  }
  const auto written = written_gpu_rules(rules);
  if (written.empty()) return {};
  return contradicts(file_name, {"[gpu] none", rules.none.source, std::string(kWant),
                                 fmt::format("{} ({})", written.front().key, written.front().source)});
}

Status check_snp(const SnpRules& rules, std::string_view file_name) {
  if (rules.author_key && rules.author_key->value == AuthorKeyMode::kNone && rules.author_key_digests) {
    return contradicts(file_name,
                       {"[snp] author_key", rules.author_key->source, "no author_key_digests beside \"none\"",
                        fmt::format("some ({})", rules.author_key_digests->source)});
  }
  if (!rules.platform_info_required || !rules.platform_info_forbidden) return {};
  const auto& required = rules.platform_info_required->value;
  for (const std::string& name : rules.platform_info_forbidden->value) {
    if (std::find(required.begin(), required.end(), name) == required.end()) continue;
    return contradicts(file_name, {"[snp] platform_info_forbidden", rules.platform_info_forbidden->source,
                                   "other bits than those that are required",
                                   fmt::format("{} ({})", name, rules.platform_info_required->source)});
  }
  return {};
}

}  // namespace

Result<Rule<std::string>> version(const Value& value, VersionDigits digits, std::string_view want) {
  MINIONS_TRY_ASSIGN(Rule<std::string> rule, value.text(want));
  if (!DottedVersion::parse(rule.value, digits)) return value.wrong(want);
  return rule;
}

std::span<const Key> more_hardware_keys() { return kKeys; }

Status check_contradictions(const PolicyRules& rules, std::string_view file_name) {
  MINIONS_TRY(check_gpu(rules.gpu, file_name));
  return check_snp(rules.snp, file_name);
}

}  // namespace minions::attestation::policy_file
