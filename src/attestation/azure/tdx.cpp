#include "attestation/azure/tdx.h"

#include "base/encoding.h"

namespace minions::attestation {
namespace {

// The MAC of a TD report cannot be checked outside its machine: a quote of the same report replaces it.
bool check_same_td(const TdReport& report, const TdBody& quoted, CheckList& checks) {
  bool same =
      checks.expect("binding.td_report", report.hashes_hold(), "a TD report whose hashes are those of its parts",
                    report.hashes_hold() ? "equal" : "another");
  same &= checks.expect("binding.td_report", report.report_data == quoted.report_data,
                        "the quote's report data " + to_hex(quoted.report_data), to_hex(report.report_data));
  same &= checks.expect("binding.td_report", report.mrtd == quoted.mr_td, "the quote's MRTD " + to_hex(quoted.mr_td),
                        to_hex(report.mrtd));
  for (std::size_t i = 0; i < report.rtmrs.size(); ++i) {
    same &= checks.expect("binding.td_report", report.rtmrs[i] == quoted.rtmrs[i],
                          fmt::format("the quote's RTMR{} {}", i, to_hex(quoted.rtmrs[i])), to_hex(report.rtmrs[i]));
  }
  return same;
}

}  // namespace

std::optional<HclReport> authenticate_azure_tdx(const AzureTdxInput& input, CheckList& checks) {
  auto report = HclReport::parse(input.hcl_report);
  if (!checks.expect("parse.hcl", report, "a report of the paravisor")) return std::nullopt;
  if (!checks.expect("parse.hardware", report->td_report.has_value(), "a TD report",
                     report->td_report ? "a TD report" : "an SEV-SNP report")) {
    return std::nullopt;
  }
  const auto quoted = verify_tdx({.quote = input.td_quote,
                                  .collateral = input.collateral,
                                  .policy = input.rules,
                                  .now = input.now,
                                  .report_data = report->expected_report_data(),
                                  .roots = input.roots},
                                 checks);
  if (!quoted) return std::nullopt;
  const bool same = check_same_td(*report->td_report, *quoted, checks);
  const bool bound = check_hcl_binding(*report, quoted->report_data, checks);
  if (!same || !bound) return std::nullopt;
  return *std::move(report);
}

void verify_azure_tdx_hcl(const AzureTdxInput& input, CheckList& checks) {
  const auto report = authenticate_azure_tdx(input, checks);
  if (report) check_hcl_rules(*report, input.rules.require_secure_boot, checks);
}

void verify_azure_tdx_vtpm(const AzureTdxVtpmInput& input, CheckList& checks) {
  const auto report = authenticate_azure_tdx(input.hcl, checks);
  if (!report) return;
  const auto quote = authenticate_tpm_quote({.attest = input.tpm_quote,
                                             .signature = input.tpm_signature,
                                             .attestation_key = report->runtime.attestation_key,
                                             .qualifying_data = input.qualifying_data,
                                             .pcr_values = input.pcr_values,
                                             .pcrs = input.hcl.rules.pcrs},
                                            checks);
  if (!quote) return;
  check_hcl_rules(*report, input.hcl.rules.require_secure_boot, checks);
  check_pcr_rules(*quote, input.hcl.rules.pcrs, checks);
}

}  // namespace minions::attestation
