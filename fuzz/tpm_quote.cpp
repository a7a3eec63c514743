// Quotes of a TPM and their signatures: the byte in front says where the quote ends.
#include "attestation/azure/tpm_quote.h"

#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

// The base point of P-256: a key that no input is signed with.
const crypto::PublicKey& any_key() {
  static const crypto::PublicKey key = [] {
    constexpr ByteArray<64> kPoint = {0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63,
                                      0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1,
                                      0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
                                      0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57,
                                      0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
    return crypto::PublicKey::from_point(crypto::Curve::kP256, kPoint).value();
  }();
  return key;
}

void require_sound(const attestation::TpmQuote& quote, std::size_t size) {
  std::size_t least = 4 + 2 + 2 + quote.qualified_signer.size() + 2 + quote.extra_data.size() + 17 + 8 + 4 + 2 +
                      quote.pcr_digest.size();
  for (const auto& selection : quote.selections) {
    least += 3 + (selection.pcrs.empty() ? 0 : selection.pcrs.back() / 8 + std::size_t{1});
    require(std::is_sorted(selection.pcrs.begin(), selection.pcrs.end()), "indices ascend");
    require(selection.pcrs.empty() || selection.pcrs.back() < 32, "and are below 32");
  }
  require(least <= size, "a quote lies in its bytes");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  ByteView input(data, size);
  const std::size_t quote_size = std::min<std::size_t>(fuzz::take_byte(input), input.size());
  const ByteView attest = input.first(quote_size);
  const ByteView signature = input.subspan(quote_size);
  if (const auto quote = attestation::TpmQuote::parse(attest)) fuzz::require_sound(*quote, attest.size());
  if (const auto parsed = attestation::TpmSignature::parse(signature))
    fuzz::require(parsed->value.size() <= 512, "a signature is at most as long as RSA of 4,096 bits makes it");
  const attestation::PcrRules rules;
  attestation::CheckList checks("tpm2-quote");
  attestation::verify_tpm_quote({.attest = attest,
                                 .signature = signature,
                                 .attestation_key = fuzz::any_key(),
                                 .qualifying_data = {},
                                 .pcr_values = signature,
                                 .pcrs = rules},
                                checks);
  fuzz::require(checks.any_failed(), "bytes that are made up are no signature");
  return 0;
}
