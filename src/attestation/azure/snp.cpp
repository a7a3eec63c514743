#include "attestation/azure/snp.h"

#include <fmt/format.h>

#include "attestation/azure/paravisor.h"
#include "base/encoding.h"

namespace minions::attestation {

std::optional<AuthenticHclReport> authenticate_azure_snp(const AzureSnpInput& input, CheckList& checks) {
  auto report = HclReport::parse(input.hcl_report);
  if (!checks.expect("parse.hcl_report", report, "a report of the paravisor",
                     report ? fmt::format("version {}", report->header.version) : ""))
    return std::nullopt;
  const bool is_snp = report->header.hardware == HclHeader::Hardware::kSnp;
  if (!checks.expect("parse.hcl_hardware", is_snp, "SNP", is_snp ? "SNP" : "TDX")) return std::nullopt;
  auto snp = authenticate_snp_report({.report = report->hardware_report,
                                      .certificates = input.certificates,
                                      .revocation_lists = input.revocation_lists,
                                      .report_data = std::nullopt,
                                      .rules = input.rules,
                                      .now = input.now,
                                      .roots = input.roots},
                                     checks);
  if (!snp || !check_hcl_binding(*report, snp->report.report_data, checks)) return std::nullopt;
  return AuthenticHclReport{*std::move(report), *std::move(snp)};
}

void verify_azure_hcl(const AzureSnpInput& input, CheckList& checks) {
  const auto authentic = authenticate_azure_snp(input, checks);
  if (!authentic) return;
  check_snp_paravisor(authentic->snp.report, input.rules, checks);
  check_snp_rules(authentic->snp, input.rules, checks);
  check_hcl_rules(authentic->report, input.rules.require_secure_boot, checks);
}

void verify_azure_snp_vtpm(const AzureSnpVtpmInput& input, CheckList& checks) {
  const auto authentic = authenticate_azure_snp(input.hcl, checks);
  if (!authentic) return;
  const auto quote = authenticate_tpm_quote({.attest = input.tpm_quote,
                                             .signature = input.tpm_signature,
                                             .attestation_key = authentic->report.runtime.attestation_key,
                                             .qualifying_data = input.qualifying_data,
                                             .pcr_values = input.pcr_values,
                                             .pcrs = input.hcl.rules.pcrs},
                                            checks);
  if (!quote) return;
  check_snp_paravisor(authentic->snp.report, input.hcl.rules, checks);
  check_snp_rules(authentic->snp, input.hcl.rules, checks);
  check_hcl_rules(authentic->report, input.hcl.rules.require_secure_boot, checks);
  check_pcr_rules(*quote, input.hcl.rules.pcrs, checks);
}

void verify_azure_ak_certificate(const AzureAkCertificateInput& input, CheckList& checks) {
  const auto certificate = crypto::Certificate::from_padded_der(input.certificate);
  if (!checks.expect("parse.ak_certificate", certificate, "a certificate",
                     certificate ? shown(certificate->subject_name()) : ""))
    return;
  const auto key = certificate->public_key();
  if (!checks.expect("parse.ak_key", key, "a public key")) return;
  const auto path = crypto::verify_path(*certificate, input.certificates, {.roots = input.roots, .now = input.now});
  if (!checks.expect("chain.path", path, fmt::format("a path to a pinned root, valid at {}", to_iso8601(input.now)),
                     path ? shown(path->back().subject_name()) : ""))
    return;
  if (input.attestation_key == nullptr) {
    checks.waive("binding.attestation_key", "the certificate of the vTPM's key", "no key to compare it with was given");
    return;
  }
  checks.expect("binding.attestation_key", key->spki() == input.attestation_key->spki(),
                to_hex(input.attestation_key->spki_sha256()), to_hex(key->spki_sha256()));
}

}  // namespace minions::attestation
