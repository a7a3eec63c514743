// Reference values of GPUs: as XML, as a signed document, and as what was signed already.
#include "attestation/nvidia/rim.h"
#include "attestation/nvidia/xml_signature.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

using namespace attestation;

void expect_within_limits(const XmlElement& element, int depth, std::size_t& elements) {
  require(depth <= 32 && ++elements <= 2048 && element.attributes.size() <= 128, "a document is within its limits");
  require(!element.name.empty(), "an element has a name");
  for (const XmlElement& child : element.children) expect_within_limits(child, depth + 1, elements);
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  const ByteView input(data, size);
  const auto document = attestation::parse_xml(input);
  if (document) {
    std::size_t elements = 0;
    fuzz::expect_within_limits(*document, 1, elements);
  }
  if (const auto rim = attestation::NvidiaRim::parse(input)) {
    fuzz::require(document.has_value(), "a RIM is XML");
    fuzz::require(!rim->measurements.empty() && rim->measurements.rbegin()->first < 64,
                  "it measures blocks that exist");
    for (const auto& measurement : rim->measurements) fuzz::require(!measurement.second.empty(), "with a value each");
  }
  if (const auto verified = attestation::verify_enveloped_signature(input)) {
    fuzz::require(document.has_value() && !verified->certificates.empty(), "a signed document is XML with a signer");
    const auto again = attestation::parse_xml(verified->canonical);
    fuzz::require(again && again->name == document->name, "canonical XML can be read again");
    fuzz::require(!attestation::verify_enveloped_signature(verified->canonical),
                  "the signature is not in what it covers");
  }
  return 0;
}
