#include "attestation/azure/paravisor.h"

#include "base/encoding.h"

namespace minions::attestation {
namespace {

constexpr Measurement kAzureIdKeyDigests[] = {
    // 2025
    {0x94, 0x2f, 0xd9, 0x3e, 0xbd, 0xe6, 0xea, 0x7a, 0x96, 0xef, 0xad, 0xea, 0xfc, 0x60, 0xf1, 0xc6,
     0xb3, 0xd1, 0x0e, 0x70, 0x3b, 0x1d, 0xaf, 0xd7, 0x55, 0x5b, 0x92, 0xf7, 0xf3, 0xd3, 0x2d, 0x0e,
     0x00, 0x67, 0x67, 0x64, 0x8c, 0xba, 0x5b, 0x10, 0x2a, 0xf3, 0xd6, 0x57, 0x56, 0xaf, 0x41, 0x77},
    // 2023 to 2024
    {0x03, 0x56, 0x21, 0x58, 0x82, 0xa8, 0x25, 0x27, 0x9a, 0x85, 0xb3, 0x00, 0xb0, 0xb7, 0x42, 0x93,
     0x1d, 0x11, 0x3b, 0xf7, 0xe3, 0x2d, 0xde, 0x2e, 0x50, 0xff, 0xde, 0x7e, 0xc7, 0x43, 0xca, 0x49,
     0x1e, 0xcd, 0xd7, 0xf3, 0x36, 0xdc, 0x28, 0xa6, 0xe0, 0xb2, 0xbb, 0x57, 0xaf, 0x7a, 0x44, 0xa3}};

bool is_among(const Measurement& value, std::span<const Measurement> values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

std::span<const Measurement> azure_id_key_digests() { return kAzureIdKeyDigests; }

void check_snp_paravisor(const SnpReport& report, const SnpRules& rules, CheckList& checks) {
  constexpr std::string_view kCheck = "policy.paravisor";
  // A report requested at another level is the guest's own, and so is every register next to it.
  if (report.vmpl != 0) {
    checks.expect(kCheck, false, "a report that the paravisor asked for, at VMPL 0",
                  fmt::format("VMPL {}: the guest's own", report.vmpl));
    return;
  }
  const std::string found =
      fmt::format("id key digest {}, guest SVN {}", to_hex(report.id_key_digest), report.guest_svn);
  // The policy's values replace the built-in list, and have their own checks too.
  if (rules.measurements) {
    checks.expect(kCheck, is_among(report.measurement, rules.measurements->value),
                  "a paravisor whose measurement is named", "measurement " + to_hex(report.measurement),
                  rules.measurements->source);
  } else if (rules.id_key_digests) {
    // Zeros are no key's digest: every guest without an ID block has them.
    const bool any_key = report.id_key_digest != Measurement{};
    checks.expect(kCheck, any_key && is_among(report.id_key_digest, rules.id_key_digests->value),
                  "a paravisor signed by an ID key that is named", found, rules.id_key_digests->source);
  } else {
    checks.expect(kCheck, is_among(report.id_key_digest, kAzureIdKeyDigests),
                  "a paravisor signed by an ID key of Microsoft's; for another, [snp] measurements or id_key_digests",
                  found);
  }
}

void check_tdx_paravisor(const TdxRules& rules, CheckList& checks) {
  const bool named = rules.measurements.has_value();
  checks.expect("policy.paravisor", named, "the paravisor's MRTD in the policy: add [tdx] measurements",
                named ? "named" : "none is named, so that any guest could state these registers",
                named ? rules.measurements->source : "built-in");
}

}  // namespace minions::attestation
