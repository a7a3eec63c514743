#include "attester/pcr_quote.h"

#include <fmt/format.h>

#include <numeric>

#include "attestation/azure/tpm_quote.h"
#include "crypto/hash.h"

namespace minions::attester {

PcrSelection all_pcrs() {
  PcrSelection pcrs(kPcrCount);
  std::iota(pcrs.begin(), pcrs.end(), std::uint8_t{0});
  return pcrs;
}

Result<PcrQuote> quote_with_values(const std::function<Result<SignedQuote>()>& take_quote,
                                   const std::function<Result<Bytes>()>& read_values) {
  for (int attempt = 0; attempt < kQuoteAttempts; ++attempt) {
    MINIONS_TRY_ASSIGN(SignedQuote quote, take_quote());
    MINIONS_TRY_ASSIGN(Bytes values, read_values());
    MINIONS_TRY_ASSIGN(const auto signature, attestation::TpmSignature::parse(quote.signature));
    if (signature.hash != crypto::HashAlgorithm::kSha256)
      return fail(ErrorCode::kUnsupported, "tpm quote: the attestation key signs with another hash than SHA-256");
    MINIONS_TRY_ASSIGN(const auto parsed, attestation::TpmQuote::parse(quote.attest));
    if (equal(parsed.pcr_digest, crypto::sha256(values))) return PcrQuote{std::move(quote), std::move(values)};
  }
  return fail(
      ErrorCode::kIo,
      fmt::format("tpm quote: want values with the digest that is quoted, found others in {} quotes", kQuoteAttempts));
}

}  // namespace minions::attester
