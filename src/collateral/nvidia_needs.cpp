#include "collateral/nvidia_needs.h"

#include <fmt/format.h>

#include "attestation/core/endorsement_reading.h"
#include "attestation/core/verifier.h"
#include "attestation/nvidia/rim.h"
#include "attestation/nvidia/spdm_report.h"
#include "crypto/ocsp.h"

namespace minions::collateral {
namespace {

using attestation::GpuRules;
using attestation::NvidiaRim;
using attestation::SpdmReport;

constexpr std::int64_t kKeepRimsS = 7 * 24 * 3600;
constexpr std::int64_t kKeepOcspS = 3600;

using Rims = std::vector<Result<NvidiaRim>>;

bool has_rim(const Rims& rims, NvidiaRim::Kind kind, const std::string& version) {
  return std::any_of(rims.begin(), rims.end(),
                     [&](const auto& rim) { return rim && rim->kind == kind && rim->version == version; });
}

// Ids are made from the report's fields: only those that may appear in a path.
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

// GH100, GB100, ...: the family, from the names of the device's certificates.
std::string family_of(std::span<const crypto::Certificate> chain) {
  for (const crypto::Certificate& certificate : chain) {
    const std::string name = certificate.subject_name();
    const std::size_t at = name.find('G');
    if (at == std::string::npos || at + 5 > name.size()) continue;
    const std::string chip = name.substr(at, 5);
    if (std::all_of(chip.begin() + 2, chip.end(), [](char c) { return c >= '0' && c <= '9'; })) return chip;
  }
  return {};
}

// Hopper has one id for all; later chips have one each, named by CHIP_INFO (GB100, GB202, ...). Reports of the first
// Blackwell drivers lack it; then the family's first chip is used, as in NVIDIA's own verifier.
std::string driver_rim_id(const SpdmReport& report, std::span<const crypto::Certificate> chain) {
  const std::string family = family_of(chain);
  if (family == "GH100") return fmt::format("NV_GPU_DRIVER_GH100_{}", report.driver_version);
  return fmt::format("NV_GPU_CC_DRIVER_{}_{}", report.chip_info.empty() ? family : report.chip_info,
                     report.driver_version);
}

std::string without_dots(std::string text) {
  std::erase(text, '.');
  return text;
}

void add_rim(std::string_view id, const NeedsInput& input, std::vector<Need>& needs) {
  if (!is_id(id)) return;
  Need need;
  need.kind = Need::Kind::kRim;
  need.what = fmt::format("NVIDIA reference values {}", id);
  need.url = fmt::format("{}/v1/rim/{}", input.sources.nvidia_rim, id);
  need.endorsement = attestation::endorsement::kRims;
  need.keep_s = kKeepRimsS;
  needs.push_back(std::move(need));
}

void add_rims(const SpdmReport& report, std::span<const crypto::Certificate> chain, const NeedsInput& input,
              const Rims& rims, std::vector<Need>& needs) {
  if (!has_rim(rims, NvidiaRim::Kind::kDriver, report.driver_version))
    add_rim(driver_rim_id(report, chain), input, needs);
  if (!has_rim(rims, NvidiaRim::Kind::kVbios, report.vbios_version)) {
    add_rim(fmt::format("NV_GPU_VBIOS_{}_{}_{}_{}", report.project, report.project_sku, report.chip_sku,
                        without_dots(report.vbios_version)),
            input, needs);
  }
}

bool has_current(std::span<const Result<crypto::OcspAnswer>> answers, UnixSeconds now) {
  return std::any_of(answers.begin(), answers.end(),
                     [&](const auto& answer) { return answer && now < answer->next_update; });
}

// path: leaf first, the root last. Under a root other than the pinned one no answer verifies.
void add_ocsp(std::span<const crypto::Certificate> path, const NeedsInput& input, attestation::OcspAnswers& answers,
              std::vector<Need>& needs) {
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const auto& [certificate, issuer] = std::tie(path[i], path[i + 1]);
    if (has_current(answers.about(certificate, issuer, path.back()), input.now)) continue;
    auto request = crypto::ocsp_request(certificate, issuer);
    if (!request) continue;  // its verifier reports why
    Need need;
    need.kind = Need::Kind::kOcsp;
    need.what = fmt::format("NVIDIA OCSP answer about {}", attestation::shown(certificate.subject_name()));
    need.url = input.sources.nvidia_ocsp + "/";
    need.body = *std::move(request);
    need.endorsement = attestation::endorsement::kOcsp;
    need.keep_s = kKeepOcspS;
    needs.push_back(std::move(need));
  }
}

}  // namespace

void add_nvidia_needs(const attestation::EvidenceItem& item, const NeedsInput& input,
                      attestation::GpuCollateral& at_hand, std::vector<Need>& needs) {
  const auto bytes = item.part("report");
  const auto pem = item.part("cert_chain");
  if (!bytes || !pem) return;
  const auto report = SpdmReport::parse(*bytes);
  const auto chain = crypto::Certificate::from_pem(as_text(*pem));
  if (!report || !chain) return;  // its verifier reports why
  const GpuRules& rules = input.policy.gpu;
  const attestation::TrustAnchors anchors = input.anchors();
  const Rims& rims = at_hand.rims();
  if (rules.rim.value == attestation::RimMode::kRequire) add_rims(*report, *chain, input, rims, needs);
  if (rules.ocsp.value != attestation::OcspMode::kRequire) return;
  const auto path = crypto::verify_path(chain->front(), std::span(*chain).subspan(1),
                                        {.roots = anchors.nvidia_device, .now = input.now});
  add_ocsp(path ? *path : *chain, input, at_hand.ocsp(), needs);
  for (const auto& rim : rims) {
    const bool fits = rim && (rim->version == report->driver_version || rim->version == report->vbios_version);
    if (fits) add_ocsp(rim->path, input, at_hand.ocsp(), needs);
  }
}

}  // namespace minions::collateral
