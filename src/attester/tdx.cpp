#include "attester/tdx.h"

#include <fmt/format.h>

#include "attestation/intel/tdx_quote.h"

namespace minions::attester {
namespace {

Status check_quote(ByteView bytes, const attestation::ReportData64& asked, DebugGuest debug) {
  MINIONS_TRY_ASSIGN(const attestation::TdxQuote quote, attestation::TdxQuote::parse(bytes));
  if (quote.body.report_data != asked)
    return fail(ErrorCode::kTampered, "tdx quote: REPORTDATA is not what was asked for");
  if ((quote.body.td_attributes & attestation::td_attribute::kDebug) != 0 && debug == DebugGuest::kRefuse) {
    return fail(ErrorCode::kRefused,
                fmt::format("tdx quote: td attributes {:#x} let the host debug this guest", quote.body.td_attributes));
  }
  return {};
}

class TdxAttester final : public Attester {
 public:
  TdxAttester(TsmReports reports, DebugGuest debug) : reports_(std::move(reports)), debug_(debug) {}

  [[nodiscard]] std::string_view platform() const override { return attestation::evidence_type::kTdx; }

  [[nodiscard]] Result<attestation::Evidence> collect_gpus(const Digest32&) override { return attestation::Evidence(); }

  [[nodiscard]] Result<attestation::Evidence> collect(const ReportData& data) override {
    MINIONS_TRY_ASSIGN(TsmReport report, reports_.report(kTdxProvider, data.cpu_report_data));
    MINIONS_TRY(check_quote(report.out, data.cpu_report_data, debug_));
    return attestation::Evidence{{std::string(attestation::evidence_type::kTdx), {{"quote", std::move(report.out)}}}};
  }

  [[nodiscard]] Result<attestation::Endorsements> endorsements() override { return attestation::Endorsements(); }

 private:
  TsmReports reports_;
  DebugGuest debug_;
};

}  // namespace

std::unique_ptr<Attester> make_tdx_attester(TsmReports reports, DebugGuest debug) {
  return std::make_unique<TdxAttester>(std::move(reports), debug);
}

}  // namespace minions::attester
