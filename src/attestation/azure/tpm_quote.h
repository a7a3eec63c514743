// A TPM 2.0 quote: what a TPM's attestation key signs about its PCRs (TPM 2.0 Library part 2, TPMS_ATTEST and
// TPMT_SIGNATURE). Integers are big-endian.
#pragma once

#include <optional>

#include "attestation/core/check_list.h"
#include "attestation/policy/policy.h"
#include "crypto/certificate.h"

namespace minions::attestation {

struct TpmQuote {
  struct PcrSelection {
    std::uint16_t hash = 0;          // TPM_ALG_ID of the bank
    std::vector<std::uint8_t> pcrs;  // indices, ascending
  };

  Bytes qualified_signer;
  Bytes extra_data;         // the qualifying data that the quote was requested for
  std::uint64_t clock = 0;  // milliseconds
  std::uint32_t reset_count = 0;
  std::uint32_t restart_count = 0;
  bool clock_safe = false;  // no higher value of the clock was reported before
  std::uint64_t firmware_version = 0;
  std::vector<PcrSelection> selections;
  Bytes pcr_digest;

  // TPMS_ATTEST of TPM2_Quote, with no bytes after it.
  [[nodiscard]] static Result<TpmQuote> parse(ByteView bytes);
};

struct TpmSignature {
  enum class Scheme { kRsassa, kRsapss, kEcdsa };
  Scheme scheme = Scheme::kRsassa;
  crypto::HashAlgorithm hash = crypto::HashAlgorithm::kSha256;
  Bytes value;  // ECDSA: r || s, halves of equal length

  // TPMT_SIGNATURE, or the bare value of a signature by RSASSA with SHA-256.
  [[nodiscard]] static Result<TpmSignature> parse(ByteView bytes);
};

struct TpmQuoteInput {
  ByteView attest;     // TPMS_ATTEST
  ByteView signature;  // TPMT_SIGNATURE or the bare value
  const crypto::PublicKey& attestation_key;
  // The required extraData, to the byte. Nothing: not judged, which a waived check reports.
  std::optional<Bytes> qualifying_data;
  ByteView pcr_values;  // the selected ones of the SHA-256 bank, 32 bytes each, by ascending index
  const PcrRules& pcrs;
};

// A quote whose signature, qualifying data and PCR digest are good.
struct AuthenticTpmQuote {
  TpmQuote quote;
  std::map<std::uint8_t, Digest32> pcrs;
};
// Checks of the groups parse, signature and binding; nothing if one failed. Ignores the rules.
[[nodiscard]] std::optional<AuthenticTpmQuote> authenticate_tpm_quote(const TpmQuoteInput& input, CheckList& checks);

// policy.*: the clock, and each PCR that the rules name.
void check_pcr_rules(const AuthenticTpmQuote& authentic, const PcrRules& rules, CheckList& checks);

void verify_tpm_quote(const TpmQuoteInput& input, CheckList& checks);

}  // namespace minions::attestation
