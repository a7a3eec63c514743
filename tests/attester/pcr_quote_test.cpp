// Quotes and values that are taken one after the other, by a TPM that changes in between as the test says.
#include "attester/pcr_quote.h"

#include <gtest/gtest.h>

#include "attestation/synthetic_snp.h"

namespace minions::attester {
namespace {

using attestation::synthetic_snp::Quote;
using attestation::synthetic_snp::tagged;

constexpr std::uint16_t kRsassa = 0x0014;
constexpr std::uint16_t kSha256 = 0x000B;
constexpr std::uint16_t kSha384 = 0x000C;

Bytes values_of(std::uint8_t fill) { return Bytes(4 * 32, fill); }

Result<SignedQuote> quote_of(const Bytes& values, std::uint16_t hash = kSha256) {
  Quote quote;
  quote.pcr_values = values;
  return SignedQuote{quote.attest(), tagged(kRsassa, hash, Bytes(256, 1))};
}

TEST(PcrQuote, GivesTheValuesThatTheQuoteIsAbout) {
  const auto taken =
      quote_with_values([] { return quote_of(values_of(1)); }, []() -> Result<Bytes> { return values_of(1); });
  ASSERT_TRUE(taken) << taken.error().detail;
  EXPECT_EQ(taken->values, values_of(1));
  EXPECT_EQ(taken->quote.attest, quote_of(values_of(1))->attest);
}

TEST(PcrQuote, TakesBothAgainWhenThePcrsChangedInBetween) {
  int quotes = 0;
  const auto taken = quote_with_values([&] { return quote_of(values_of(static_cast<std::uint8_t>(++quotes))); },
                                       []() -> Result<Bytes> { return values_of(3); });
  ASSERT_TRUE(taken) << taken.error().detail;
  EXPECT_EQ(quotes, 3);
  EXPECT_EQ(taken->quote.attest, quote_of(values_of(3))->attest);
}

TEST(PcrQuote, GivesUpOnPcrsThatNeverStandStill) {
  int quotes = 0;
  const auto taken = quote_with_values(
      [&] {
        ++quotes;
        return quote_of(values_of(1));
      },
      []() -> Result<Bytes> { return values_of(2); });
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kIo);
  EXPECT_EQ(quotes, kQuoteAttempts);
}

TEST(PcrQuote, RefusesAKeyThatSignsWithAnotherHash) {
  const auto taken =
      quote_with_values([] { return quote_of(values_of(1), kSha384); }, []() -> Result<Bytes> { return values_of(1); });
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kUnsupported);
}

TEST(PcrQuote, PassesAnErrorOfTheTpmOnAtOnce) {
  int reads = 0;
  const auto taken = quote_with_values([] { return quote_of(values_of(1)); },
                                       [&]() -> Result<Bytes> {
                                         ++reads;
                                         return fail(ErrorCode::kIo, "tpm: gone");
                                       });
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().detail, "tpm: gone");
  EXPECT_EQ(reads, 1);
}

}  // namespace
}  // namespace minions::attester
