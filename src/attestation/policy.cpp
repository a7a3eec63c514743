#include "attestation/policy.h"

#include <fmt/format.h>

#include <toml++/toml.h>

#include "attestation/result.h"
#include "base/byte_io.h"
#include "base/encoding.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

constexpr std::string_view kWaivable[] = {"measurement",
                                          "models.ids",
                                          "models.weights",
                                          "tls.spki",
                                          "gpu.count",
                                          "evidence.nvidia-gpu.rim",
                                          "evidence.nvidia-gpu.ocsp",
                                          "evidence.sev-snp.tcb",
                                          "evidence.tdx.tcb"};
constexpr std::string_view kAcceptableTcb[] = {
    "UpToDate",  "SWHardeningNeeded",           "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded",
    "OutOfDate", "OutOfDateConfigurationNeeded"};
constexpr std::string_view kTcbComponents[] = {"fmc", "bootloader", "tee", "snp", "microcode"};
constexpr std::uint8_t kPcrLimit = 24;

// One value of the policy and where it stands.
class Value {
 public:
  Value(const toml::node& node, std::string name, std::string_view file)
      : node_(node), name_(std::move(name)), file_(file) {}

  [[nodiscard]] tl::unexpected<Error> wrong(std::string_view want) const {
    return complain("want " + std::string(want), found());
  }
  [[nodiscard]] tl::unexpected<Error> complain(const std::string& want, const std::string& found) const {
    return fail(ErrorCode::kUsage, fmt::format("{} line {}: {}: {}, found {}", file_, line(), name_, want, found));
  }
  [[nodiscard]] std::string source() const { return fmt::format("policy line {}", line()); }

  [[nodiscard]] Status read(Rule<bool>& rule) const {
    const auto value = node_.value_exact<bool>();
    if (!value) return wrong("true or false");
    rule = {*value, source()};
    return {};
  }
  [[nodiscard]] Result<Rule<std::uint64_t>> integer(std::uint64_t least, std::uint64_t most) const {
    const auto value = node_.value_exact<std::int64_t>();
    if (!value || *value < 0 || static_cast<std::uint64_t>(*value) < least ||
        static_cast<std::uint64_t>(*value) > most) {
      return wrong(fmt::format("an integer from {} to {}", least, most));
    }
    return Rule<std::uint64_t>{static_cast<std::uint64_t>(*value), source()};
  }
  [[nodiscard]] Result<Rule<std::string>> text(std::string_view want) const {
    auto value = node_.value_exact<std::string>();
    if (!value || value->empty()) return wrong(want);
    return Rule<std::string>{*std::move(value), source()};
  }
  // One string, or an array of at least one.
  [[nodiscard]] Result<Rule<std::vector<std::string>>> texts(std::string_view want) const;
  template <std::size_t N>
  [[nodiscard]] Result<Rule<std::vector<ByteArray<N>>>> digests() const;
  // The name's place in the list.
  template <class T>
  [[nodiscard]] Status choice(Rule<T>& rule, std::initializer_list<std::pair<std::string_view, T>> names) const;
  // Calls read for each member of a table.
  template <class Read>
  [[nodiscard]] Status each(std::string_view want, const Read& read) const;

 private:
  [[nodiscard]] std::uint32_t line() const { return node_.source().begin.line; }
  [[nodiscard]] std::string found() const;

  const toml::node& node_;
  std::string name_;
  std::string_view file_;
};

std::string Value::found() const {
  switch (node_.type()) {
    case toml::node_type::string: return shown(node_.value_or(std::string()));
    case toml::node_type::integer: return std::to_string(node_.value_or(std::int64_t{0}));
    case toml::node_type::boolean: return node_.value_or(false) ? "true" : "false";
    case toml::node_type::array: return fmt::format("an array of {}", node_.as_array()->size());
    case toml::node_type::table: return "a table";
    case toml::node_type::floating_point: return "a floating-point number";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time: return "a date or time";
    case toml::node_type::none: break;
  }
  return "nothing";
}

Result<Rule<std::vector<std::string>>> Value::texts(std::string_view want) const {
  if (node_.is_string()) {
    return text(want).map([](Rule<std::string> one) {
      return Rule<std::vector<std::string>>{{one.value}, one.source};
    });
  }
  const toml::array* array = node_.as_array();
  if (array == nullptr || array->empty()) return wrong(fmt::format("{}, or an array of such", want));
  Rule<std::vector<std::string>> rule{{}, source()};
  for (const toml::node& entry : *array) {
    MINIONS_TRY_ASSIGN(Rule<std::string> one, Value(entry, name_, file_).text(want));
    rule.value.push_back(std::move(one.value));
  }
  return rule;
}

template <std::size_t N>
Result<Rule<std::vector<ByteArray<N>>>> Value::digests() const {
  const std::string want = fmt::format("{} lower-case hex digits", 2 * N);
  MINIONS_TRY_ASSIGN(const auto list, texts(want));
  Rule<std::vector<ByteArray<N>>> rule{{}, list.source};
  for (const std::string& hex : list.value) {
    const auto digest = exactly<N>(from_hex(hex));
    if (!digest) return complain("want " + want, shown(hex));
    rule.value.push_back(*digest);
  }
  return rule;
}

template <class T>
Status Value::choice(Rule<T>& rule, std::initializer_list<std::pair<std::string_view, T>> names) const {
  const auto value = node_.value_exact<std::string>();
  std::string want;
  for (const auto& [name, meaning] : names) {
    if (value && *value == name) {
      rule = {meaning, source()};
      return {};
    }
    want += fmt::format("{}\"{}\"", want.empty() ? "" : " or ", name);
  }
  return wrong(want);
}

template <class Read>
Status Value::each(std::string_view want, const Read& read) const {
  const toml::table* table = node_.as_table();
  if (table == nullptr) return wrong(want);
  for (const auto& [key, node] : *table) {
    MINIONS_TRY(read(std::string(key.str()), Value(node, fmt::format("{} {}", name_, shown(key.str())), file_)));
  }
  return {};
}

Status read_tcb_floors(const Value& value, std::map<std::string, Rule<std::uint64_t>>& floors) {
  return value.each(
      "a table of fmc, bootloader, tee, snp, microcode",
      [&](const std::string& component, const Value& floor) -> Status {
        if (std::find(std::begin(kTcbComponents), std::end(kTcbComponents), component) == std::end(kTcbComponents)) {
          return floor.complain("want fmc, bootloader, tee, snp or microcode", shown(component));
        }
        MINIONS_TRY_ASSIGN(floors[component], floor.integer(0, 255));
        return {};
      });
}

Status read_pcrs(const Value& value, PcrRules& pcrs) {
  return value.each("a table from PCR index to digests", [&](const std::string& index, const Value& digests) -> Status {
    for (std::uint8_t i = 0; i < kPcrLimit; ++i) {
      if (index != std::to_string(i)) continue;
      MINIONS_TRY_ASSIGN(pcrs[i], digests.digests<32>());
      return {};
    }
    return digests.complain("want a PCR index from 0 to 23", shown(index));
  });
}

Status read_accepted_tcb(const Value& value, Rule<std::vector<std::string>>& accepted) {
  MINIONS_TRY_ASSIGN(accepted, value.texts("a TCB status"));
  for (const std::string& status : accepted.value) {
    if (std::find(std::begin(kAcceptableTcb), std::end(kAcceptableTcb), status) == std::end(kAcceptableTcb)) {
      return value.complain(fmt::format("want statuses out of {}", fmt::join(kAcceptableTcb, ", ")), shown(status));
    }
  }
  return {};
}

Status read_weights(const Value& value, PolicyRules& rules) {
  return value.each("a table from model id to SHA-256", [&](const std::string& id, const Value& digest) -> Status {
    MINIONS_TRY_ASSIGN(const auto digests, digest.digests<32>());
    if (digests.value.size() != 1) return digest.wrong("64 lower-case hex digits");
    rules.model_weights[id] = {to_hex(digests.value.front()), digests.source};
    return {};
  });
}

Status read_suite(const Value& value, OptionalRule<Suite>& suite) {
  Rule<Suite> rule;
  MINIONS_TRY(value.choice<Suite>(rule, {{"hybrid", Suite::kHybrid}, {"classical", Suite::kClassical}}));
  suite = rule;
  return {};
}

// A bare dotted key is a table within the table: tls.spki is as good as "tls.spki".
Status read_waiver(const std::string& name, const Value& value, PolicyRules& rules) {
  if (std::find(std::begin(kWaivable), std::end(kWaivable), name) != std::end(kWaivable)) {
    MINIONS_TRY_ASSIGN(rules.waived[name], value.text("a reason"));
    return {};
  }
  const bool leads_on = std::any_of(std::begin(kWaivable), std::end(kWaivable),
                                    [&](std::string_view known) { return known.starts_with(name + "."); });
  if (!leads_on) return value.complain(fmt::format("want a check out of {}", fmt::join(kWaivable, ", ")), shown(name));
  return value.each("a check's full name", [&](const std::string& rest, const Value& inner) {
    return read_waiver(name + "." + rest, inner, rules);
  });
}

template <class T, class U>
Status assign(T& rule, Result<U> read) {
  if (!read) return fail(std::move(read).error());
  rule = *std::move(read);
  return {};
}

// Every key of every table; docs/policy.md explains them.
struct Key {
  std::string_view table;
  std::string_view name;
  Status (*read)(const Value& value, PolicyRules& rules);
};
using V = const Value&;
using R = PolicyRules&;
constexpr Key kKeys[] = {
    {"snp", "allow_debug", [](V v, R r) { return v.read(r.snp.allow_debug); }},
    {"snp", "max_vmpl", [](V v, R r) { return assign(r.snp.max_vmpl, v.integer(0, 3)); }},
    {"snp", "allow_migration_agent", [](V v, R r) { return v.read(r.snp.allow_migration_agent); }},
    {"snp", "measurements", [](V v, R r) { return assign(r.snp.measurements, v.digests<48>()); }},
    {"snp", "host_data", [](V v, R r) { return assign(r.snp.host_data, v.digests<32>()); }},
    {"snp", "id_key_digests", [](V v, R r) { return assign(r.snp.id_key_digests, v.digests<48>()); }},
    {"snp", "min_tcb", [](V v, R r) { return read_tcb_floors(v, r.snp.min_tcb); }},
    {"snp", "pcrs", [](V v, R r) { return read_pcrs(v, r.snp.pcrs); }},
    {"tdx", "allow_debug", [](V v, R r) { return v.read(r.tdx.allow_debug); }},
    {"tdx", "accepted_tcb", [](V v, R r) { return read_accepted_tcb(v, r.tdx.accepted_tcb); }},
    {"tdx", "measurements", [](V v, R r) { return assign(r.tdx.measurements, v.digests<48>()); }},
    {"tdx", "rtmr0", [](V v, R r) { return assign(r.tdx.rtmrs[0], v.digests<48>()); }},
    {"tdx", "rtmr1", [](V v, R r) { return assign(r.tdx.rtmrs[1], v.digests<48>()); }},
    {"tdx", "rtmr2", [](V v, R r) { return assign(r.tdx.rtmrs[2], v.digests<48>()); }},
    {"tdx", "rtmr3", [](V v, R r) { return assign(r.tdx.rtmrs[3], v.digests<48>()); }},
    {"tdx", "pcrs", [](V v, R r) { return read_pcrs(v, r.tdx.pcrs); }},
    {"gpu", "require_secboot", [](V v, R r) { return v.read(r.gpu.require_secboot); }},
    {"gpu", "require_dbgstat_disabled", [](V v, R r) { return v.read(r.gpu.require_dbgstat_disabled); }},
    {"gpu", "count", [](V v, R r) { return assign(r.gpu.count, v.integer(0, 64)); }},
    {"gpu", "rim",
     [](V v, R r) {
       return v.choice<RimMode>(
           r.gpu.rim, {{"require", RimMode::kRequire}, {"if-present", RimMode::kIfPresent}, {"off", RimMode::kOff}});
     }},
    {"gpu", "ocsp",
     [](V v, R r) {
       return v.choice<OcspMode>(r.gpu.ocsp, {{"require", OcspMode::kRequire}, {"off", OcspMode::kOff}});
     }},
    {"jwt", "leeway_s", [](V v, R r) { return assign(r.jwt.leeway_s, v.integer(0, 300)); }},
    {"jwt", "maa_issuer", [](V v, R r) { return assign(r.jwt.maa_issuer, v.text("an https address")); }},
    {"simulated", "allow", [](V v, R r) { return v.read(r.allow_simulated); }},
    {"attestor", "spki_sha256", [](V v, R r) { return assign(r.attestor_spki_sha256, v.digests<32>()); }},
    {"attestor", "allow_overrides", [](V v, R r) { return v.read(r.allow_overrides); }},
    {"roots", "amd", [](V v, R r) { return assign(r.roots.amd, v.digests<32>()); }},
    {"roots", "intel", [](V v, R r) { return assign(r.roots.intel, v.digests<32>()); }},
    {"roots", "nvidia_device", [](V v, R r) { return assign(r.roots.nvidia_device, v.digests<32>()); }},
    {"roots", "nvidia_rim", [](V v, R r) { return assign(r.roots.nvidia_rim, v.digests<32>()); }},
    {"tls", "mode",
     [](V v, R r) {
       return v.choice<TlsMode>(
           r.tls, {{"require", TlsMode::kRequire}, {"if-listed", TlsMode::kIfListed}, {"off", TlsMode::kOff}});
     }},
    {"freshness", "mode",
     [](V v, R r) {
       return v.choice<FreshnessMode>(r.freshness,
                                      {{"nonce", FreshnessMode::kNonce}, {"cached", FreshnessMode::kCached}});
     }},
    {"models", "allow_remote", [](V v, R r) { return v.read(r.allow_remote_models); }},
    {"models", "ids", [](V v, R r) { return assign(r.model_ids, v.texts("a model id")); }},
    {"models", "weights", [](V v, R r) { return read_weights(v, r); }},
    {"session", "suite", [](V v, R r) { return read_suite(v, r.suite); }},
};

std::string known_names(std::string_view table) {
  std::string names;
  std::string_view last;
  for (const Key& key : kKeys) {
    if (!table.empty() && key.table != table) continue;
    const std::string_view name = table.empty() ? key.table : key.name;
    if (name != last) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    last = name;
  }
  return names;
}

Status read_key(std::string_view table, const std::string& name, const Value& value, PolicyRules& rules) {
  if (table == "waive") return read_waiver(name, value, rules);
  for (const Key& key : kKeys) {
    if (key.table == table && key.name == name) return key.read(value, rules);
  }
  return value.complain(fmt::format("want a key out of {}", known_names(table)), shown(name));
}

Status read_policy(const toml::table& policy, std::string_view file_name, PolicyRules& rules) {
  for (const auto& [key, node] : policy) {
    const std::string_view table = key.str();
    const Value value(node, fmt::format("[{}]", table), file_name);
    const bool known = table == "waive" || std::any_of(std::begin(kKeys), std::end(kKeys),
                                                       [&](const Key& candidate) { return candidate.table == table; });
    if (!known) {
      return Value(node, "policy", file_name)
          .complain(fmt::format("want a table out of {}, waive", known_names("")), shown(table));
    }
    MINIONS_TRY(value.each(
        "a table", [&](const std::string& name, const Value& inner) { return read_key(table, name, inner, rules); }));
  }
  return {};
}

std::string without_space(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (std::string_view(" \t\r\n\v\f").find(c) == std::string_view::npos) kept += c;
  }
  return kept;
}

// Sets a list of allowed values that the policy left open; one that the policy has must hold the flag's value.
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
  if (rules.allow_simulated.source != Rule<bool>{}.source) {
    return fail(ErrorCode::kUsage,
                fmt::format("--allow-simulated: {} refuses simulated evidence", rules.allow_simulated.source));
  }
  rules.allow_simulated = {true, "flag --allow-simulated"};
  return {};
}

Status apply_pem(PolicyRules& rules, const std::string& pem) {
  auto key = crypto::P384PublicKey::from_pem(pem);
  if (!key) return fail(ErrorCode::kUsage, "--trusted-attestation-pem: " + key.error().detail);
  return fill_in(rules.attestor_spki_sha256, key->spki_sha256(), "--trusted-attestation-pem");
}

Status apply_measurement(PolicyRules& rules, const std::string& file) {
  const auto measurement = exactly<48>(from_hex(without_space(file)));
  if (!measurement) {
    return fail(ErrorCode::kUsage,
                fmt::format("--vm-launch-measurement: want 96 lower-case hex digits, {}", measurement.error().detail));
  }
  MINIONS_TRY(fill_in(rules.snp.measurements, *measurement, "--vm-launch-measurement"));
  return fill_in(rules.tdx.measurements, *measurement, "--vm-launch-measurement");
}

void append_flag(Bytes& to, std::string_view name, std::string_view value) {
  append_length_prefixed(to, as_bytes(name));
  append_length_prefixed(to, as_bytes(value));
}

}  // namespace

std::span<const std::string_view> waivable_checks() { return kWaivable; }

Result<AppraisalPolicy> AppraisalPolicy::parse(std::string_view toml, std::string_view file_name) {
  toml::table table;
  try {
    table = toml::parse(toml, file_name);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kUsage,
                fmt::format("{} line {}: not TOML: {}", file_name, error.source().begin.line, error.description()));
  }
  AppraisalPolicy policy;
  MINIONS_TRY(read_policy(table, file_name, policy.rules_));
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
