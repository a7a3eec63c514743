// A quote and its PCR values. A TPM returns them by two commands, and PCRs may change in between.
#pragma once

#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::attester {

// Indices into the SHA-256 bank, ascending.
using PcrSelection = std::vector<std::uint8_t>;
inline constexpr std::uint8_t kPcrCount = 24;
[[nodiscard]] PcrSelection all_pcrs();

struct SignedQuote {
  Bytes attest;     // TPMS_ATTEST
  Bytes signature;  // TPMT_SIGNATURE
};

struct PcrQuote {
  SignedQuote quote;
  Bytes values;  // 32 bytes each, by ascending index
};

inline constexpr int kQuoteAttempts = 4;

// Takes quotes until the values read after one are those it covers. kIo if that never happens; an error of a source at
// once. kUnsupported for a key that signs with a hash other than SHA-256, since the digest uses that hash.
[[nodiscard]] Result<PcrQuote> quote_with_values(const std::function<Result<SignedQuote>()>& take_quote,
                                                 const std::function<Result<Bytes>()>& read_values);

}  // namespace minions::attester
