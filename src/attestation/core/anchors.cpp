#include "attestation/core/anchors.h"

#include <fmt/format.h>

#include "attestation/core/expectation.h"

namespace minions::attestation {
namespace {

using Pins = OptionalRule<std::vector<Digest32>>;

struct Vendor {
  std::string_view name;
  Pins RootRules::*pins;
  std::span<const Digest32> TrustAnchors::*anchors;
};
constexpr Vendor kVendors[] = {
    {"amd", &RootRules::amd, &TrustAnchors::amd},
    {"intel", &RootRules::intel, &TrustAnchors::intel},
    {"nvidia_device", &RootRules::nvidia_device, &TrustAnchors::nvidia_device},
    {"nvidia_rim", &RootRules::nvidia_rim, &TrustAnchors::nvidia_rim},
};

// Whose roots a check concerns. Token chains belong to key sets, which have no roots.
const Pins* pins_of(const RootRules& roots, std::string_view id) {
  struct Row {
    std::string_view prefix;
    Pins RootRules::*pins;
  };
  constexpr Row kRows[] = {
      {"evidence.sev-snp.chain.path", &RootRules::amd},         {"evidence.azure-snp-vtpm.chain.path", &RootRules::amd},
      {"evidence.azure-hcl.chain.path", &RootRules::amd},       {"evidence.tdx.chain.", &RootRules::intel},
      {"evidence.azure-tdx-vtpm.chain.", &RootRules::intel},    {"evidence.azure-tdx-hcl.chain.", &RootRules::intel},
      {"evidence.nvidia-gpu.rim.", &RootRules::nvidia_rim},     {"evidence.nvidia-rim.chain", &RootRules::nvidia_rim},
      {"evidence.nvidia-gpu.chain", &RootRules::nvidia_device},
  };
  for (const Row& row : kRows) {
    if (id.starts_with(row.prefix)) return &(roots.*row.pins);
  }
  return nullptr;
}

}  // namespace

TrustAnchors anchors_of(const RootRules& roots, TrustAnchors anchors) {
  for (const Vendor& vendor : kVendors) {
    if (const Pins& pins = roots.*vendor.pins) anchors.*vendor.anchors = pins->value;
  }
  return anchors;
}

std::optional<Check> check_roots(const RootRules& roots) {
  std::string replaced;
  for (const Vendor& vendor : kVendors) {
    const Pins& pins = roots.*vendor.pins;
    if (pins) replaced += fmt::format("{}{} ({})", replaced.empty() ? "" : ", ", vendor.name, pins->source);
  }
  if (replaced.empty()) return std::nullopt;
  return Expectation{"policy.roots", "the vendors' own roots"}.waived("pins of the policy are used in place of: " +
                                                                      replaced);
}

void cite_roots(const RootRules& roots, std::span<Check> checks) {
  for (Check& check : checks) {
    if (check.outcome != Outcome::kFail || check.source != "built-in") continue;
    const Pins* const pins = pins_of(roots, check.id);
    if (pins != nullptr && *pins) check.source = "policy.roots, " + (*pins)->source;
  }
}

}  // namespace minions::attestation
