// Reports of Azure's paravisor, and their binding to REPORT_DATA.
#include "attestation/azure/hcl_report.h"

#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  using attestation::HclHeader;
  using attestation::HclReport;
  const ByteView input(data, size);
  const auto report = HclReport::parse(input);
  if (!report) return 0;
  const HclHeader& header = report->header;
  fuzz::require(header.report_size <= size, "a report lies in its bytes");
  fuzz::require(header.report_size == 0x4C0 + header.data_size, "its parts make its size");
  fuzz::require(equal(report->runtime_data, input.subspan(0x4D4, header.data_size - 20)),
                "what is hashed is what came");
  fuzz::require(equal(report->hardware_report, input.subspan(0x20, HclReport::kHardwareReportSize)),
                "the hardware's report is what came");
  fuzz::require(report->td_report.has_value() == (header.hardware == HclHeader::Hardware::kTdx), "TDX has a TDREPORT");
  fuzz::require(!report->runtime.attestation_key.curve(), "the attestation key is RSA");
  ByteArray<64> report_data = report->expected_report_data();
  attestation::CheckList checks("azure-hcl");
  fuzz::require(attestation::check_hcl_binding(*report, report_data, checks), "a report is bound to its own digest");
  report_data[0] ^= 1;
  fuzz::require(!attestation::check_hcl_binding(*report, report_data, checks), "and to no other");
  return 0;
}
