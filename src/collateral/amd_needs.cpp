#include "collateral/amd_needs.h"

#include <fmt/format.h>

#include "attestation/amd/certificates.h"
#include "attestation/amd/endorsement.h"
#include "attestation/azure/hcl_report.h"
#include "attestation/core/endorsement_reading.h"
#include "attestation/core/verifier.h"
#include "base/encoding.h"
#include "base/time_window.h"

namespace minions::collateral {
namespace {

using attestation::AmdCollateral;
using attestation::AmdEndorsement;
using attestation::SnpProduct;
using attestation::SnpReport;
using attestation::SnpTcbComponent;

// The certificate of a chip at one TCB does not change; a reissued one is equally good.
constexpr std::int64_t kKeepCertificatesS = 30 * 24 * 3600;

Result<SnpReport> report_of(const attestation::EvidenceItem& item) {
  if (item.type == attestation::evidence_type::kSevSnp) {
    MINIONS_TRY_ASSIGN(const ByteView report, item.part("report"));
    return SnpReport::parse(report);
  }
  MINIONS_TRY_ASSIGN(const ByteView bytes, item.part("hcl_report"));
  MINIONS_TRY_ASSIGN(const attestation::HclReport hcl, attestation::HclReport::parse(bytes));
  return SnpReport::parse(hcl.hardware_report);
}

ByteView hwid_of(const SnpReport& report, SnpProduct product) {
  const ByteView chip(report.chip_id);
  return product == SnpProduct::kTurin ? chip.first(8) : chip;
}

std::string vcek_url(const SnpReport& report, SnpProduct product, const std::string& base) {
  std::string url = fmt::format("{}/vcek/v1/{}/{}", base, name_of(product), to_hex(hwid_of(report, product)));
  char separator = '?';
  const std::pair<SnpTcbComponent, std::string_view> levels[] = {{SnpTcbComponent::kFmc, "fmcSPL"},
                                                                 {SnpTcbComponent::kBootloader, "blSPL"},
                                                                 {SnpTcbComponent::kTee, "teeSPL"},
                                                                 {SnpTcbComponent::kSnp, "snpSPL"},
                                                                 {SnpTcbComponent::kMicrocode, "ucodeSPL"}};
  for (const auto& [component, parameter] : levels) {
    const auto offset = snp_tcb_offset(product, component);
    if (!offset) continue;
    url += fmt::format("{}{}={:02}", separator, parameter, report.reported_tcb[*offset]);
    separator = '&';
  }
  return url;
}

// The available parts of a chain, each certificate untrusted by itself, and the built-in ones.
struct AtHand {
  std::vector<crypto::Certificate> certificates;
  std::vector<crypto::RevocationList> lists;
  std::span<const Digest32> roots;
  UnixSeconds now = 0;
};

bool is_leaf_of(const crypto::Certificate& certificate, const SnpReport& report) {
  if (!AmdEndorsement::is_one(certificate)) return false;
  const auto endorsement = AmdEndorsement::parse(certificate);
  if (!endorsement || endorsement->kind != report.key_info.signing_key) return false;
  const bool vlek = endorsement->kind == SnpReport::SigningKey::kVlek;
  return endorsement->tcb == report.reported_tcb &&
         (vlek || report.chip_id_is_masked() || equal(endorsement->hwid, hwid_of(report, endorsement->product)));
}

bool has_leaf(const std::vector<crypto::Certificate>& certificates, const SnpReport& report) {
  return std::any_of(certificates.begin(), certificates.end(),
                     [&](const crypto::Certificate& certificate) { return is_leaf_of(certificate, report); });
}

// From the report, otherwise from an available certificate. A version 2 report alone does not state it.
std::vector<SnpProduct> products(const SnpReport& report, const std::vector<crypto::Certificate>& certificates) {
  if (report.product) return {*report.product};
  for (const crypto::Certificate& certificate : certificates) {
    if (!AmdEndorsement::is_one(certificate)) continue;
    if (const auto endorsement = AmdEndorsement::parse(certificate)) return {endorsement->product};
  }
  return {SnpProduct::kMilan, SnpProduct::kGenoa};
}

bool has_named(const AtHand& at_hand, std::string_view name) {
  return std::any_of(at_hand.certificates.begin(), at_hand.certificates.end(),
                     [&](const crypto::Certificate& certificate) { return certificate.subject_name() == name; });
}

// By the pinned root of this name: another root's list proves nothing about a trusted chain.
bool has_current_list(const AtHand& at_hand, std::string_view root) {
  const auto& roots = at_hand.roots;
  return std::any_of(at_hand.certificates.begin(), at_hand.certificates.end(),
                     [&](const crypto::Certificate& certificate) {
                       const bool pinned = certificate.subject_name() == root &&
                                           std::find(roots.begin(), roots.end(), certificate.sha256()) != roots.end();
                       return pinned && std::any_of(at_hand.lists.begin(), at_hand.lists.end(), [&](const auto& list) {
                                return TimeWindow{list.this_update(), list.next_update()}.holds_at(at_hand.now) &&
                                       list.signed_by(certificate);
                              });
                     });
}

Need certificates(std::string what, std::string url) {
  Need need;
  need.kind = Need::Kind::kCertificates;
  need.what = std::move(what);
  need.url = std::move(url);
  need.endorsement = attestation::endorsement::kCertificates;
  need.keep_s = kKeepCertificatesS;
  return need;
}

}  // namespace

void add_amd_needs(const attestation::EvidenceItem& item, const NeedsInput& input, std::vector<Need>& needs) {
  const auto report = report_of(item);
  if (!report) return;  // its verifier reports why
  const AmdCollateral collateral = AmdCollateral::of(input.endorsements);
  const attestation::TrustAnchors anchors = input.anchors();
  const std::string& base = input.sources.amd;
  const bool vlek = report->key_info.signing_key == SnpReport::SigningKey::kVlek;
  for (const SnpProduct product : products(*report, collateral.certificates)) {
    const AtHand at_hand{attestation::with_built_in_chain(collateral.certificates, product, anchors.amd),
                         collateral.revocation_lists, anchors.amd, input.now};
    const std::string_view name = name_of(product);
    // The cloud provider supplies a VLEK's certificate; a masked chip id names no chip to ask about.
    const bool names_chip = !vlek && !report->key_info.chip_key_masked && !report->chip_id_is_masked();
    if (names_chip && !has_leaf(collateral.certificates, *report)) {
      needs.push_back(
          certificates(fmt::format("AMD certificate of the {} chip's key", name), vcek_url(*report, product, base)));
    }
    const std::string signer = fmt::format("{}{}", vlek ? "SEV-VLEK-" : "SEV-", name);
    const std::string root = fmt::format("ARK-{}", name);
    if (!has_named(at_hand, signer) || !has_named(at_hand, root)) {
      needs.push_back(certificates(fmt::format("AMD certificates {} and {}", signer, root),
                                   fmt::format("{}/{}/v1/{}/cert_chain", base, vlek ? "vlek" : "vcek", name)));
    }
    if (!has_current_list(at_hand, root)) {
      Need list;
      list.kind = Need::Kind::kRevocationList;
      list.what = fmt::format("AMD revocation list of {}", root);
      list.url = fmt::format("{}/vcek/v1/{}/crl", base, name);
      list.endorsement = attestation::endorsement::kRevocationLists;
      needs.push_back(std::move(list));
    }
  }
}

}  // namespace minions::collateral
