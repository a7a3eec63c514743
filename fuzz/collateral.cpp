// What the vendors' services answer, and what evidence makes a collector ask for. The first byte says which.
#include "collateral/needs.h"
#include "collateral/reply.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "crypto/ocsp.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

using namespace collateral;

void check_needs(std::string_view type, std::string_view part, ByteView input) {
  const attestation::Evidence evidence = {{std::string(type), {{std::string(part), to_bytes(input)}}}};
  attestation::PolicyRules policy;
  const Sources sources;
  for (const Need& need : needs_of({evidence, {}, policy, 1790000000, sources})) {
    require(need.url.starts_with("https://"), "only the vendors' services are asked");
    const bool printable =
        std::all_of(need.url.begin(), need.url.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
    require(printable, "an address has no bytes of the evidence's choosing");
    require(need.url.size() < 512, "and is short");
  }
}

// Answers about the certificate of a fixed pair that nobody has the keys of.
void check_ocsp(ByteView input) {
  const auto chain = crypto::Certificate::from_pem(as_text(input));
  if (!chain || chain->size() < 2) return;
  const crypto::OcspQuestion question{
      .certificate = chain->front(), .issuer = (*chain)[1], .root = chain->back(), .now = 1790000000};
  require(crypto::ocsp_request((*chain)[0], (*chain)[1]).has_value(), "every pair can be asked about");
  const auto response = crypto::OcspResponse::parse(input);
  require(!response || !response->about(question), "certificates are no answer");
}

void check_replies(ByteView input) {
  const std::string_view text = as_text(input);
  if (const auto pem = decode_issuer_chain(text))
    require(crypto::Certificate::from_pem(as_text(*pem)).has_value(), "a chain has certificates");
  if (const auto rim = decode_rim(text)) require(rim->size() < text.size(), "a tag is smaller than what carries it");
  (void)json_next_update(text);
  (void)list_next_update(input);
  Sources sources;
  (void)sources.replace(text);
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  ByteView input(data, size);
  switch (fuzz::take_byte(input) % 5) {
    case 0: fuzz::check_needs("sev-snp", "report", input); break;
    case 1: fuzz::check_needs("tdx", "quote", input); break;
    case 2: fuzz::check_needs("azure-snp-vtpm", "hcl_report", input); break;
    case 3: fuzz::check_ocsp(input); break;
    case 4: fuzz::check_replies(input); break;
  }
  return 0;
}
