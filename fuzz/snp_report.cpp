// SEV-SNP reports: decoded, and never accepted without a certificate.
#include "attestation/amd/sev_snp.h"
#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  using attestation::SnpReport;
  const ByteView input(data, size);
  const attestation::SnpRules rules;
  attestation::CheckList checks("sev-snp");
  attestation::verify_sev_snp(
      {.report = input, .certificates = {}, .revocation_lists = {}, .report_data = {}, .rules = rules}, checks);
  fuzz::require(checks.any_failed(), "no report is accepted without a certificate");
  const auto report = SnpReport::parse(input);
  if (!report) return 0;
  fuzz::require(size == SnpReport::kSize, "a report has one size");
  fuzz::require(report->version >= 2 && report->version <= 5, "versions 2 to 5");
  fuzz::require(report->product.has_value() == (report->version >= 3), "version 3 names the product");
  fuzz::require(report->vmpl <= 3 && report->policy.bit(17), "fields are in their range");
  fuzz::require(equal(report->signed_bytes, input.first(SnpReport::kSignedSize)), "what is signed is what came");
  Bytes area(SnpReport::kSize - SnpReport::kSignedSize);
  std::reverse_copy(report->signature.begin(), report->signature.begin() + 48, area.begin());
  std::reverse_copy(report->signature.begin() + 48, report->signature.end(), area.begin() + 72);
  fuzz::require(equal(area, input.subspan(SnpReport::kSignedSize)), "a signature has one encoding");
  return 0;
}
