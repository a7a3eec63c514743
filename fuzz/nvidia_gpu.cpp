// Reports of GPUs: what is read is what is signed, and the fields are within their bounds.
#include "attestation/nvidia/spdm_report.h"
#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  const ByteView input(data, size);
  const auto report = attestation::SpdmReport::parse(input);
  if (!report) return 0;
  Bytes judged = report->signed_bytes;
  append(judged, report->signature);
  fuzz::require(size - judged.size() <= 1 && equal(judged, input.first(judged.size())),
                "every byte but one at the end is signed or the signature");
  fuzz::require(report->blocks.empty() || (report->blocks.begin()->first >= 1 && report->blocks.rbegin()->first <= 64),
                "indices are 1 to 64");
  fuzz::require(equal(report->request_nonce, input.subspan(4, 32)), "the nonce is that of the request");
  fuzz::require(!report->driver_version.empty() && report->vbios_version.size() == 14, "both versions are there");
  return 0;
}
