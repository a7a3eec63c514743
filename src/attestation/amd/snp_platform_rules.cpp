#include "attestation/amd/snp_platform_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attestation/core/dotted_version.h"
#include "attestation/policy/rule_checks.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

// A masked id is in no list: a policy that names chips requires the actual id.
void check_chip_id(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  if (rules.chip_ids && report.chip_id_is_masked()) {
    checks.expect("policy.chip_id", false, fmt::format("one of {} chips", rules.chip_ids->value.size()),
                  report.key_info.signing_key == SnpReport::SigningKey::kVlek ? "no CHIP_ID: a VLEK names no chip"
                                                                              : "no CHIP_ID: it is masked",
                  rules.chip_ids->source);
    return;
  }
  check_allowed<64>({"policy.chip_id", "chip id", rules.chip_ids}, report.chip_id, checks);
}

// "smt, ecc", or "none"
std::string text_of_bits(std::span<const NamedBit> names, std::uint64_t bits) {
  std::string text;
  for (const NamedBit& name : names) {
    if ((bits >> name.bit & 1) != 0) text += fmt::format("{}{}", text.empty() ? "" : ", ", name.name);
  }
  return text.empty() ? "none" : text;
}

struct BitDemand {
  std::string_view check;
  const OptionalRule<std::vector<std::string>>& names;
  bool value;
};

void check_platform_info(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  const std::string found = text_of_bits(snp_platform_info_bits(), report.platform_info) + " on";
  if (!rules.platform_info_required && !rules.platform_info_forbidden) {
    checks.waive("policy.platform_info", "settings of the host that are wanted",
                 fmt::format("the policy names no bit of PLATFORM_INFO; {} here", found));
  }
  for (const BitDemand& demand : {BitDemand{"policy.platform_info.required", rules.platform_info_required, true},
                                  BitDemand{"policy.platform_info.forbidden", rules.platform_info_forbidden, false}}) {
    if (!demand.names) continue;
    bool good = true;
    for (const NamedBit& name : snp_platform_info_bits()) {
      const auto& names = demand.names->value;
      if (std::find(names.begin(), names.end(), name.name) == names.end()) continue;
      good &= ((report.platform_info >> name.bit & 1) != 0) == demand.value;
    }
    checks.expect(demand.check, good,
                  fmt::format("{} {}", fmt::join(demand.names->value, ", "), demand.value ? "on" : "off"), found,
                  demand.names->source);
  }
}

void check_firmware(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  const std::string current = report.current_firmware.to_text();
  const std::string committed = report.committed_firmware.to_text();
  if (!rules.min_firmware) {
    checks.waive("policy.firmware", "firmware that is recent enough",
                 fmt::format("the policy names no least firmware; {} here, {} committed", current, committed));
    return;
  }
  const auto want = DottedVersion::parse(rules.min_firmware->value, VersionDigits::kDecimal);
  const auto check = [&](std::string_view name, const std::string& found) {
    const auto have = DottedVersion::parse(found, VersionDigits::kDecimal);
    checks.expect(name, want && have && have->at_least(*want), fmt::format("at least {}", rules.min_firmware->value),
                  found, rules.min_firmware->source);
  };
  check("policy.firmware", current);
  check("policy.firmware.committed", committed);
}

// Until firmware is committed, the host can go back to the previous one.
void check_provisional(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  constexpr std::string_view kCheck = "policy.firmware.provisional";
  bool provisional = report.committed_firmware < report.current_firmware;
  for (std::size_t i = 0; i < report.current_tcb.size(); ++i)
    provisional = provisional || report.committed_tcb[i] < report.current_tcb[i];
  const std::string found =
      fmt::format("{} with TCB {} runs, {} with TCB {} is committed", report.current_firmware.to_text(),
                  to_hex(report.current_tcb), report.committed_firmware.to_text(), to_hex(report.committed_tcb));
  const auto& allow = rules.allow_provisional_firmware;
  if (!allow) {
    checks.waive(kCheck, "firmware that is committed", "the policy does not ask for it; " + found);
    return;
  }
  checks.expect(kCheck, allow->value || !provisional,
                allow->value ? "firmware that is committed or not" : "firmware that is committed", found,
                allow->source);
}

struct MitigationDemand {
  std::string_view check;
  const OptionalRule<std::uint64_t>& bits;
  const std::optional<std::uint64_t>& found;
};

void check_mitigations(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  for (const MitigationDemand& demand :
       {MitigationDemand{"policy.launch_mitigations", rules.launch_mitigations, report.launch_mitigations},
        MitigationDemand{"policy.current_mitigations", rules.current_mitigations, report.current_mitigations}}) {
    const std::string found = demand.found ? fmt::format("{:#x}", *demand.found)
                                           : fmt::format("a report of version {} states none", report.version);
    if (!demand.bits) {
      checks.waive(demand.check, "mitigations that are wanted",
                   fmt::format("the policy names no mitigation bits; here: {}", found));
      continue;
    }
    const std::uint64_t want = demand.bits->value;
    checks.expect(demand.check, demand.found && (*demand.found & want) == want,
                  fmt::format("the bits of {:#x} set", want), found, demand.bits->source);
  }
}

void check_guest_policy(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  if (rules.guest_policy.empty()) {
    checks.waive("policy.guest_policy", "a guest policy that is wanted",
                 fmt::format("the policy names no bit of POLICY; {} on here",
                             text_of_bits(snp_guest_policy_bits(), report.policy.raw)));
  }
  for (const NamedBit& name : snp_guest_policy_bits()) {
    const auto rule = rules.guest_policy.find(name.name);
    if (rule == rules.guest_policy.end()) continue;
    const bool found = report.policy.bit(name.bit);
    const auto text = [&](bool on) { return fmt::format("{} {}", name.name, on ? "on" : "off"); };
    checks.expect(fmt::format("policy.guest_policy.{}", name.name), found == rule->second.value,
                  text(rule->second.value), text(found), rule->second.source);
  }
  const std::string abi = fmt::format("{}.{}", report.policy.abi_major(), report.policy.abi_minor());
  if (!rules.min_guest_abi) {
    checks.waive("policy.guest_abi", "a firmware ABI that the guest asks for",
                 fmt::format("the policy names no least ABI; {} here", abi));
    return;
  }
  const auto want = DottedVersion::parse(rules.min_guest_abi->value, VersionDigits::kDecimal);
  const auto have = DottedVersion::parse(abi, VersionDigits::kDecimal);
  checks.expect("policy.guest_abi", want && have && have->at_least(*want),
                fmt::format("at least {}", rules.min_guest_abi->value), abi, rules.min_guest_abi->source);
}

void check_author_key_mode(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  const bool enabled = report.key_info.author_key_enabled;
  const std::string found = enabled ? "an author key is enabled" : "no author key is enabled";
  if (!rules.author_key) {
    checks.waive("policy.author_key", "an author key, or none", "the policy does not say; " + found);
    return;
  }
  const bool wanted = rules.author_key->value == AuthorKeyMode::kRequire;
  checks.expect("policy.author_key", enabled == wanted, wanted ? "an author key" : "no author key", found,
                rules.author_key->source);
}

}  // namespace

void check_snp_platform_rules(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  check_chip_id(report, rules, checks);
  check_platform_info(report, rules, checks);
  check_firmware(report, rules, checks);
  check_provisional(report, rules, checks);
  check_mitigations(report, rules, checks);
  check_guest_policy(report, rules, checks);
  check_author_key_mode(report, rules, checks);
}

}  // namespace minions::attestation
