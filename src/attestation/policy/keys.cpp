#include "attestation/policy/keys.h"

#include "attestation/core/check_table.h"

namespace minions::attestation::policy_file {
namespace {

constexpr std::string_view kAcceptableTcb[] = {"UpToDate",
                                               "SWHardeningNeeded",
                                               "ConfigurationNeeded",
                                               "ConfigurationAndSWHardeningNeeded",
                                               "OutOfDate",
                                               "OutOfDateConfigurationNeeded",
                                               "TDRelaunchAdvised",
                                               "TDRelaunchAdvisedConfigurationNeeded"};
constexpr std::string_view kTcbComponents[] = {"fmc", "bootloader", "tee", "snp", "microcode"};
constexpr std::uint8_t kPcrLimit = 24;

Status read_tcb_floors(const Value& value, std::map<std::string, Rule<std::uint64_t>>& floors) {
  return value.some(
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
  return value.some("a table from PCR index to digests", [&](const std::string& index, const Value& digests) -> Status {
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

Status read_model_digests(const Value& value, ModelDigests& rules) {
  return value.some("a table from model id to SHA-256", [&](const std::string& id, const Value& digest) -> Status {
    MINIONS_TRY_ASSIGN(const auto digests, digest.digests<32>());
    if (digests.value.size() != 1) return digest.wrong("64 hex digits");
    rules[id] = {to_hex(digests.value.front()), digests.source};
    return {};
  });
}

Status read_suite(const Value& value, OptionalRule<Suite>& suite) {
  Rule<Suite> rule;
  MINIONS_TRY(value.choice<Suite>(rule, {{"hybrid", Suite::kHybrid}, {"classical", Suite::kClassical}}));
  suite = rule;
  return {};
}

// A bare dotted key is a table within the table: tls.spki is equivalent to "tls.spki".
Status read_waiver(const std::string& name, const Value& value, PolicyRules& rules) {
  std::vector<std::string_view> known;
  for (const Waiver& waiver : waiver_table()) known.push_back(waiver.name);
  if (std::find(known.begin(), known.end(), name) != known.end()) {
    MINIONS_TRY_ASSIGN(rules.waived[name], value.text("a reason"));
    return {};
  }
  const bool leads_on =
      std::any_of(known.begin(), known.end(), [&](std::string_view check) { return check.starts_with(name + "."); });
  if (!leads_on) return value.complain(fmt::format("want a check out of {}", fmt::join(known, ", ")), shown(name));
  return value.some("a check's full name", [&](const std::string& rest, const Value& inner) {
    return read_waiver(name + "." + rest, inner, rules);
  });
}

Status read_token_mode(const Value& value, Rule<TokenMode>& mode) {
  return value.choice<TokenMode>(
      mode, {{"require", TokenMode::kRequire}, {"if-present", TokenMode::kIfPresent}, {"off", TokenMode::kOff}});
}

// Key sets are fetched from there and have no signature of their own: only the connection vouches for them.
Result<Rule<std::string>> issuer(const Value& value) {
  constexpr std::string_view kWant = "an https:// address, of host and path alone";
  constexpr std::string_view kScheme = "https://";
  MINIONS_TRY_ASSIGN(Rule<std::string> rule, value.text(kWant));
  const std::string& address = rule.value;
  const bool plain = std::all_of(address.begin(), address.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("?#@\\").find(c) == std::string_view::npos;
  });
  const bool has_host = address.size() > kScheme.size() && address[kScheme.size()] != '/';
  if (!address.starts_with(kScheme) || !has_host || !plain) return value.wrong(kWant);
  return rule;
}

Status read_crl_mode(const Value& value, Rule<CrlMode>& mode) {
  return value.choice<CrlMode>(mode, {{"require", CrlMode::kRequire}, {"if-available", CrlMode::kIfAvailable}});
}

// The keys of every table, with those of more_hardware_keys() and verdict_keys(); docs/policy.md explains them.
using V = const Value&;
using R = PolicyRules&;
using C = const PolicyRules&;
using W = RuleWriter&;
constexpr Key kKeys[] = {
    {"snp", "allow_debug", [](V v, R r) { return v.read(r.snp.allow_debug); },
     [](C r, W w) { w.add(r.snp.allow_debug); }},
    {"snp", "allow_migration_agent", [](V v, R r) { return v.read(r.snp.allow_migration_agent); },
     [](C r, W w) { w.add(r.snp.allow_migration_agent); }},
    {"snp", "allow_smt", [](V v, R r) { return v.read(r.snp.allow_smt); }, [](C r, W w) { w.add(r.snp.allow_smt); }},
    {"snp", "max_vmpl", [](V v, R r) { return assign(r.snp.max_vmpl, v.integer(0, 3)); },
     [](C r, W w) { w.add(r.snp.max_vmpl); }},
    {"snp", "vmpl", [](V v, R r) { return assign(r.snp.vmpl, v.integer(0, 3)); }, [](C r, W w) { w.add(r.snp.vmpl); }},
    {"snp", "measurements", [](V v, R r) { return assign(r.snp.measurements, v.digests<48>()); },
     [](C r, W w) { w.add(r.snp.measurements); }},
    {"snp", "host_data", [](V v, R r) { return assign(r.snp.host_data, v.digests<32>()); },
     [](C r, W w) { w.add(r.snp.host_data); }},
    {"snp", "id_key_digests", [](V v, R r) { return assign(r.snp.id_key_digests, v.digests<48>()); },
     [](C r, W w) { w.add(r.snp.id_key_digests); }},
    {"snp", "author_key_digests", [](V v, R r) { return assign(r.snp.author_key_digests, v.digests<48>()); },
     [](C r, W w) { w.add(r.snp.author_key_digests); }},
    {"snp", "family_ids", [](V v, R r) { return assign(r.snp.family_ids, v.digests<16>()); },
     [](C r, W w) { w.add(r.snp.family_ids); }},
    {"snp", "image_ids", [](V v, R r) { return assign(r.snp.image_ids, v.digests<16>()); },
     [](C r, W w) { w.add(r.snp.image_ids); }},
    {"snp", "min_guest_svn", [](V v, R r) { return assign(r.snp.min_guest_svn, v.integer(0, 0xFFFFFFFF)); },
     [](C r, W w) { w.add(r.snp.min_guest_svn); }},
    {"snp", "min_tcb", [](V v, R r) { return read_tcb_floors(v, r.snp.min_tcb); },
     [](C r, W w) { w.add(r.snp.min_tcb); }},
    {"snp", "require_secure_boot", [](V v, R r) { return v.read(r.snp.require_secure_boot); },
     [](C r, W w) { w.add(r.snp.require_secure_boot); }},
    {"snp", "crl", [](V v, R r) { return read_crl_mode(v, r.snp.crl); }, [](C r, W w) { w.add(r.snp.crl); }},
    {"snp", "pcrs", [](V v, R r) { return read_pcrs(v, r.snp.pcrs); }, [](C r, W w) { w.add(r.snp.pcrs); }},
    {"tdx", "allow_debug", [](V v, R r) { return v.read(r.tdx.allow_debug); },
     [](C r, W w) { w.add(r.tdx.allow_debug); }},
    {"tdx", "allow_migration", [](V v, R r) { return v.read(r.tdx.allow_migration); },
     [](C r, W w) { w.add(r.tdx.allow_migration); }},
    {"tdx", "require_sept_ve_disable", [](V v, R r) { return v.read(r.tdx.require_sept_ve_disable); },
     [](C r, W w) { w.add(r.tdx.require_sept_ve_disable); }},
    {"tdx", "accepted_tcb", [](V v, R r) { return read_accepted_tcb(v, r.tdx.accepted_tcb); },
     [](C r, W w) { w.add(r.tdx.accepted_tcb); }},
    {"tdx", "min_tcb_evaluation", [](V v, R r) { return assign(r.tdx.min_tcb_evaluation, v.integer(0, 0xFFFFFFFF)); },
     [](C r, W w) { w.add(r.tdx.min_tcb_evaluation); }},
    {"tdx", "td_attributes", [](V v, R r) { return assign(r.tdx.td_attributes, v.digests<8>()); },
     [](C r, W w) { w.add(r.tdx.td_attributes); }},
    {"tdx", "xfam", [](V v, R r) { return assign(r.tdx.xfam, v.digests<8>()); }, [](C r, W w) { w.add(r.tdx.xfam); }},
    {"tdx", "mrseam", [](V v, R r) { return assign(r.tdx.mrseam, v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.mrseam); }},
    {"tdx", "measurements", [](V v, R r) { return assign(r.tdx.measurements, v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.measurements); }},
    {"tdx", "mrconfigid", [](V v, R r) { return assign(r.tdx.mrconfigid, v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.mrconfigid); }},
    {"tdx", "mrowner", [](V v, R r) { return assign(r.tdx.mrowner, v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.mrowner); }},
    {"tdx", "mrownerconfig", [](V v, R r) { return assign(r.tdx.mrownerconfig, v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.mrownerconfig); }},
    {"tdx", "rtmr0", [](V v, R r) { return assign(r.tdx.rtmrs[0], v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.rtmrs[0]); }},
    {"tdx", "rtmr1", [](V v, R r) { return assign(r.tdx.rtmrs[1], v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.rtmrs[1]); }},
    {"tdx", "rtmr2", [](V v, R r) { return assign(r.tdx.rtmrs[2], v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.rtmrs[2]); }},
    {"tdx", "rtmr3", [](V v, R r) { return assign(r.tdx.rtmrs[3], v.digests<48>()); },
     [](C r, W w) { w.add(r.tdx.rtmrs[3]); }},
    {"tdx", "require_secure_boot", [](V v, R r) { return v.read(r.tdx.require_secure_boot); },
     [](C r, W w) { w.add(r.tdx.require_secure_boot); }},
    {"tdx", "pcrs", [](V v, R r) { return read_pcrs(v, r.tdx.pcrs); }, [](C r, W w) { w.add(r.tdx.pcrs); }},
    {"gpu", "require_secboot", [](V v, R r) { return v.read(r.gpu.require_secboot); },
     [](C r, W w) { w.add(r.gpu.require_secboot); }},
    {"gpu", "require_dbgstat_disabled", [](V v, R r) { return v.read(r.gpu.require_dbgstat_disabled); },
     [](C r, W w) { w.add(r.gpu.require_dbgstat_disabled); }},
    {"gpu", "count", [](V v, R r) { return assign(r.gpu.count, v.integer(0, 64)); },
     [](C r, W w) { w.add(r.gpu.count); }},
    {"gpu", "models", [](V v, R r) { return assign(r.gpu.models, v.texts("a chip, such as GH100")); },
     [](C r, W w) { w.add(r.gpu.models); }},
    {"gpu", "min_driver",
     [](V v, R r) {
       return assign(r.gpu.min_driver, version(v, VersionDigits::kDecimal, "a version such as 550.90.07"));
     },
     [](C r, W w) { w.add(r.gpu.min_driver); }},
    {"gpu", "min_vbios",
     [](V v, R r) {
       return assign(r.gpu.min_vbios, version(v, VersionDigits::kHex, "a version such as 96.00.9F.00.01"));
     },
     [](C r, W w) { w.add(r.gpu.min_vbios); }},
    {"gpu", "rim",
     [](V v, R r) {
       return v.choice<RimMode>(
           r.gpu.rim, {{"require", RimMode::kRequire}, {"if-present", RimMode::kIfPresent}, {"off", RimMode::kOff}});
     },
     [](C r, W w) { w.add(r.gpu.rim); }},
    {"gpu", "ocsp",
     [](V v, R r) {
       return v.choice<OcspMode>(r.gpu.ocsp, {{"require", OcspMode::kRequire}, {"off", OcspMode::kOff}});
     },
     [](C r, W w) { w.add(r.gpu.ocsp); }},
    {"gpu", "nras", [](V v, R r) { return read_token_mode(v, r.gpu.nras); }, [](C r, W w) { w.add(r.gpu.nras); }},
    {"jwt", "leeway_s", [](V v, R r) { return assign(r.jwt.leeway_s, v.integer(0, 300)); },
     [](C r, W w) { w.add(r.jwt.leeway_s); }},
    {"jwt", "maa_issuer", [](V v, R r) { return assign(r.jwt.maa_issuer, issuer(v)); },
     [](C r, W w) { w.add(r.jwt.maa_issuer); }},
    {"jwt", "nras_issuer", [](V v, R r) { return assign(r.jwt.nras_issuer, issuer(v)); },
     [](C r, W w) { w.add(r.jwt.nras_issuer); }},
    {"jwt", "maa", [](V v, R r) { return read_token_mode(v, r.jwt.maa); }, [](C r, W w) { w.add(r.jwt.maa); }},
    {"simulated", "allow", [](V v, R r) { return v.read(r.allow_simulated); },
     [](C r, W w) { w.add(r.allow_simulated); }},
    {"attestor", "spki_sha256", [](V v, R r) { return assign(r.operator_key_sha256, v.digests<32>()); },
     [](C r, W w) { w.add(r.operator_key_sha256); }},
    {"attestor", "allow_overrides", [](V v, R r) { return v.read(r.allow_overrides); },
     [](C r, W w) { w.add(r.allow_overrides); }},
    {"roots", "amd", [](V v, R r) { return assign(r.roots.amd, v.digests<32>()); },
     [](C r, W w) { w.add(r.roots.amd); }},
    {"roots", "intel", [](V v, R r) { return assign(r.roots.intel, v.digests<32>()); },
     [](C r, W w) { w.add(r.roots.intel); }},
    {"roots", "nvidia_device", [](V v, R r) { return assign(r.roots.nvidia_device, v.digests<32>()); },
     [](C r, W w) { w.add(r.roots.nvidia_device); }},
    {"roots", "nvidia_rim", [](V v, R r) { return assign(r.roots.nvidia_rim, v.digests<32>()); },
     [](C r, W w) { w.add(r.roots.nvidia_rim); }},
    {"tls", "mode",
     [](V v, R r) {
       return v.choice<TlsMode>(
           r.tls, {{"require", TlsMode::kRequire}, {"if-listed", TlsMode::kIfListed}, {"off", TlsMode::kOff}});
     },
     [](C r, W w) { w.add(r.tls); }},
    {"freshness", "mode",
     [](V v, R r) {
       return v.choice<FreshnessMode>(r.freshness,
                                      {{"nonce", FreshnessMode::kNonce}, {"cached", FreshnessMode::kCached}});
     },
     [](C r, W w) { w.add(r.freshness); }},
    {"freshness", "leeway_s", [](V v, R r) { return assign(r.leeway_s, v.integer(0, 300)); },
     [](C r, W w) { w.add(r.leeway_s); }},
    {"models", "allow_remote", [](V v, R r) { return v.read(r.allow_remote_models); },
     [](C r, W w) { w.add(r.allow_remote_models); }},
    {"models", "ids", [](V v, R r) { return assign(r.model_ids, v.texts("a model id")); },
     [](C r, W w) { w.add(r.model_ids); }},
    {"models", "weights", [](V v, R r) { return read_model_digests(v, r.model_weights); },
     [](C r, W w) { w.add(r.model_weights); }},
    {"models", "projectors", [](V v, R r) { return read_model_digests(v, r.model_projectors); },
     [](C r, W w) { w.add(r.model_projectors); }},
    {"session", "suite", [](V v, R r) { return read_suite(v, r.suite); }, [](C r, W w) { w.add(r.suite); }},
};

// Table by table, in the order of docs/policy.md.
std::vector<const Key*> all_keys() {
  std::vector<const Key*> keys;
  for (const Key& key : kKeys) keys.push_back(&key);
  // Each after the last of its table; those of a table that is not there yet come first.
  for (const std::span<const Key> more : {more_hardware_keys(), verdict_keys()}) {
    for (const Key& key : more) {
      const auto last = std::find_if(keys.rbegin(), keys.rend(), [&](const Key* k) { return k->table == key.table; });
      keys.insert(last.base(), &key);
    }
  }
  return keys;
}

std::string known_names(std::string_view table) {
  std::string names;
  std::string_view last;
  for (const Key* key : all_keys()) {
    if (!table.empty() && key->table != table) continue;
    const std::string_view name = table.empty() ? key->table : key->name;
    if (name != last) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    last = name;
  }
  return names;
}

// The old name of the only tolerance. Two values for it would leave open which one holds.
Status settle_leeway(PolicyRules& rules, std::string_view file_name) {
  const auto& old = rules.jwt.leeway_s;
  if (!old) return {};
  const bool both = !rules.leeway_s.is_built_in();
  if (both && rules.leeway_s.value != old->value) {
    return fail(ErrorCode::kUsage,
                fmt::format("{}: [freshness] leeway_s is {} ({}), [jwt] leeway_s is {} ({}): these are "
                            "two names of one rule, want one value",
                            file_name, rules.leeway_s.value, rules.leeway_s.source, old->value, old->source));
  }
  if (!both) rules.leeway_s = *old;
  return {};
}

Status read_key(std::string_view table, const std::string& name, const Value& value, PolicyRules& rules) {
  if (table == "waive") return read_waiver(name, value, rules);
  for (const Key* key : all_keys()) {
    if (key->table == table && key->name == name) return key->read(value, rules);
  }
  return value.complain(fmt::format("want a key out of {}", known_names(table)), shown(name));
}

}  // namespace

Status read_policy(const toml::table& policy, std::string_view file_name, PolicyRules& rules) {
  for (const auto& [key, node] : policy) {
    const std::string_view table = key.str();
    const Value value(node, fmt::format("[{}]", table), file_name);
    const auto keys = all_keys();
    const bool known = table == "waive" || std::any_of(keys.begin(), keys.end(),
                                                       [&](const Key* candidate) { return candidate->table == table; });
    if (!known) {
      return Value(node, "policy", file_name)
          .complain(fmt::format("want a table out of {}, waive", known_names("")), shown(table));
    }
    MINIONS_TRY(value.each(
        "a table", [&](const std::string& name, const Value& inner) { return read_key(table, name, inner, rules); }));
  }
  MINIONS_TRY(settle_leeway(rules, file_name));
  return check_contradictions(rules, file_name);
}

void show_rules(const PolicyRules& rules, RuleWriter& to) {
  for (const Key* key : all_keys()) {
    to.begin(key->table, key->name);
    key->show(rules, to);
  }
  to.begin("waive", "");
  to.add(rules.waived);
}

}  // namespace minions::attestation::policy_file
