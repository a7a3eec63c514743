#include "collateral/amd_needs.h"

#include <fmt/format.h>

#include "attestation/amd_endorsement.h"
#include "attestation/hcl_report.h"
#include "attestation/verifier.h"
#include "base/encoding.h"

namespace minions::collateral {
namespace {

using attestation::AmdEndorsement;
using attestation::SnpProduct;
using attestation::SnpReport;
using attestation::SnpTcbComponent;

// The certificate of a chip at one TCB does not change; one that was issued again is as good.
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

std::vector<crypto::Certificate> certificates_at_hand(const attestation::Endorsements& endorsements) {
  std::vector<crypto::Certificate> out;
  const auto found = endorsements.find(attestation::endorsement::kCertificates);
  if (found == endorsements.end()) return out;
  for (const Bytes& entry : found->second) {
    if (auto chain = crypto::Certificate::from_pem(as_text(entry))) {
      out.insert(out.end(), chain->begin(), chain->end());
    } else if (auto certificate = crypto::Certificate::from_der(entry)) {
      out.push_back(*std::move(certificate));
    }
  }
  return out;
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

bool has_leaf(const std::vector<crypto::Certificate>& certificates, const SnpReport& report) {
  return std::any_of(certificates.begin(), certificates.end(), [&](const crypto::Certificate& certificate) {
    if (!AmdEndorsement::is_one(certificate)) return false;
    const auto endorsement = AmdEndorsement::parse(certificate);
    if (!endorsement || endorsement->kind != report.key_info.signing_key) return false;
    const bool vlek = endorsement->kind == SnpReport::SigningKey::kVlek;
    return endorsement->tcb == report.reported_tcb &&
           (vlek || report.chip_id_is_masked() || equal(endorsement->hwid, hwid_of(report, endorsement->product)));
  });
}

// Of the report, else of a certificate at hand. A version 2 report alone does not say it.
std::vector<SnpProduct> products(const SnpReport& report, const std::vector<crypto::Certificate>& certificates) {
  if (report.product) return {*report.product};
  for (const crypto::Certificate& certificate : certificates) {
    if (!AmdEndorsement::is_one(certificate)) continue;
    if (const auto endorsement = AmdEndorsement::parse(certificate)) return {endorsement->product};
  }
  return {SnpProduct::kMilan, SnpProduct::kGenoa};
}

bool has_named(const std::vector<crypto::Certificate>& certificates, std::string_view name) {
  return std::any_of(certificates.begin(), certificates.end(),
                     [&](const crypto::Certificate& certificate) { return certificate.subject_name() == name; });
}

bool has_current_list(const attestation::Endorsements& endorsements, std::string_view issuer, UnixSeconds now) {
  const auto found = endorsements.find(attestation::endorsement::kRevocationLists);
  if (found == endorsements.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const Bytes& der) {
    const auto list = crypto::RevocationList::from_der(der);
    return list && list->issuer_name() == issuer && now < list->next_update();
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
  if (!report) return;  // its verifier says why
  const auto at_hand = certificates_at_hand(input.endorsements);
  const std::string& base = input.sources.amd;
  const bool vlek = report->key_info.signing_key == SnpReport::SigningKey::kVlek;
  for (const SnpProduct product : products(*report, at_hand)) {
    const std::string_view name = name_of(product);
    // A VLEK's certificate is the cloud provider's to give; a masked chip id names no chip to ask about.
    const bool names_chip = !vlek && !report->key_info.chip_key_masked && !report->chip_id_is_masked();
    if (names_chip && !has_leaf(at_hand, *report)) {
      needs.push_back(
          certificates(fmt::format("AMD certificate of the {} chip's key", name), vcek_url(*report, product, base)));
    }
    const std::string signer = fmt::format("{}{}", vlek ? "SEV-VLEK-" : "SEV-", name);
    const std::string root = fmt::format("ARK-{}", name);
    if (!has_named(at_hand, signer) || !has_named(at_hand, root)) {
      needs.push_back(certificates(fmt::format("AMD certificates {} and {}", signer, root),
                                   fmt::format("{}/{}/v1/{}/cert_chain", base, vlek ? "vlek" : "vcek", name)));
    }
    if (!has_current_list(input.endorsements, root, input.now)) {
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
