#include "attestation/azure/tpm_quote.h"

#include <fmt/format.h>

#include "base/byte_io.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

using crypto::HashAlgorithm;

// TPM_ALG_ID
constexpr std::uint16_t kAlgSha256 = 0x000B;
constexpr std::uint16_t kAlgSha384 = 0x000C;
constexpr std::uint16_t kAlgSha512 = 0x000D;
constexpr std::uint16_t kAlgRsassa = 0x0014;
constexpr std::uint16_t kAlgRsapss = 0x0016;
constexpr std::uint16_t kAlgEcdsa = 0x0018;

tl::unexpected<Error> malformed(std::string_view field, std::string_view want, std::string_view found) {
  return fail(ErrorCode::kMalformed, fmt::format("{}: want {}, found {}", field, want, found));
}

// TPM2B: a length of two bytes, then that many bytes.
Result<Bytes> read_sized(ByteReader& reader, std::string_view field, std::size_t limit) {
  MINIONS_TRY_ASSIGN(const auto size, reader.be<std::uint16_t>(field));
  if (size > limit) return malformed(field, fmt::format("at most {} bytes", limit), std::to_string(size));
  return reader.take(size, field).map([](ByteView bytes) { return to_bytes(bytes); });
}

template <std::unsigned_integral T>
Status expect_value(ByteReader& reader, std::string_view field, T want) {
  MINIONS_TRY_ASSIGN(const T found, reader.be<T>(field));
  if (found != want) return malformed(field, fmt::format("{:#x}", want), fmt::format("{:#x}", found));
  return {};
}

Status read_clock(ByteReader& reader, TpmQuote& quote) {
  MINIONS_TRY_ASSIGN(quote.clock, reader.be<std::uint64_t>("clock"));
  MINIONS_TRY_ASSIGN(quote.reset_count, reader.be<std::uint32_t>("resetCount"));
  MINIONS_TRY_ASSIGN(quote.restart_count, reader.be<std::uint32_t>("restartCount"));
  MINIONS_TRY_ASSIGN(const auto safe, reader.be<std::uint8_t>("safe"));
  if (safe > 1) return malformed("safe", "0 or 1", std::to_string(safe));
  quote.clock_safe = safe == 1;
  return {};
}

Result<TpmQuote::PcrSelection> read_selection(ByteReader& reader) {
  constexpr std::size_t kMostBytes = 4;  // 32 PCRs
  TpmQuote::PcrSelection selection;
  MINIONS_TRY_ASSIGN(selection.hash, reader.be<std::uint16_t>("pcr bank"));
  MINIONS_TRY_ASSIGN(const auto size, reader.be<std::uint8_t>("sizeofSelect"));
  if (size > kMostBytes) return malformed("sizeofSelect", fmt::format("at most {}", kMostBytes), std::to_string(size));
  MINIONS_TRY_ASSIGN(const ByteView bitmap, reader.take(size, "pcrSelect"));
  for (std::uint8_t i = 0; i < 8 * size; ++i) {
    if ((bitmap[i / 8] >> (i % 8) & 1) != 0) selection.pcrs.push_back(i);
  }
  return selection;
}

Status read_selections(ByteReader& reader, TpmQuote& quote) {
  constexpr std::uint32_t kMostBanks = 16;
  MINIONS_TRY_ASSIGN(const auto count, reader.be<std::uint32_t>("pcr banks"));
  if (count > kMostBanks) return malformed("pcr banks", fmt::format("at most {}", kMostBanks), std::to_string(count));
  for (std::uint32_t i = 0; i < count; ++i) {
    MINIONS_TRY_ASSIGN(TpmQuote::PcrSelection selection, read_selection(reader));
    quote.selections.push_back(std::move(selection));
  }
  return {};
}

Result<TpmQuote> read_quote(ByteView bytes) {
  constexpr std::uint32_t kGenerated = 0xFF544347;  // made by a TPM: it signs no outside data that begins like this
  constexpr std::uint16_t kAttestQuote = 0x8018;
  constexpr std::size_t kMostNameBytes = 68;
  constexpr std::size_t kMostDigestBytes = 64;
  ByteReader reader(bytes);
  TpmQuote quote;
  MINIONS_TRY(expect_value(reader, "magic", kGenerated));
  MINIONS_TRY(expect_value(reader, "type", kAttestQuote));
  MINIONS_TRY_ASSIGN(quote.qualified_signer, read_sized(reader, "qualifiedSigner", kMostNameBytes));
  MINIONS_TRY_ASSIGN(quote.extra_data, read_sized(reader, "extraData", kMostNameBytes));
  MINIONS_TRY(read_clock(reader, quote));
  MINIONS_TRY_ASSIGN(quote.firmware_version, reader.be<std::uint64_t>("firmwareVersion"));
  MINIONS_TRY(read_selections(reader, quote));
  MINIONS_TRY_ASSIGN(quote.pcr_digest, read_sized(reader, "pcrDigest", kMostDigestBytes));
  MINIONS_TRY(reader.finish("TPMS_ATTEST"));
  return quote;
}

Result<TpmSignature::Scheme> scheme_of(std::uint16_t algorithm) {
  switch (algorithm) {
    case kAlgRsassa: return TpmSignature::Scheme::kRsassa;
    case kAlgRsapss: return TpmSignature::Scheme::kRsapss;
    case kAlgEcdsa: return TpmSignature::Scheme::kEcdsa;
    default: return malformed("scheme", "0x14, 0x16 or 0x18", fmt::format("{:#x}", algorithm));
  }
}

Result<HashAlgorithm> hash_of(std::uint16_t algorithm) {
  switch (algorithm) {
    case kAlgSha256: return HashAlgorithm::kSha256;
    case kAlgSha384: return HashAlgorithm::kSha384;
    case kAlgSha512: return HashAlgorithm::kSha512;
    default: return malformed("hash", "0xb, 0xc or 0xd", fmt::format("{:#x}", algorithm));
  }
}

constexpr std::size_t kMostSignatureBytes = 512;

// Two numbers, with or without leading zeros: padded to the longer one's field, 32 or 48 bytes.
Result<Bytes> read_r_s(ByteReader& reader) {
  MINIONS_TRY_ASSIGN(const Bytes r, read_sized(reader, "signatureR", 48));
  MINIONS_TRY_ASSIGN(const Bytes s, read_sized(reader, "signatureS", 48));
  const std::size_t half = std::max(r.size(), s.size()) > 32 ? 48 : 32;
  Bytes r_s(half - r.size());
  append(r_s, r);
  r_s.resize(2 * half - s.size());
  append(r_s, s);
  return r_s;
}

Result<TpmSignature> read_tagged(ByteView bytes) {
  ByteReader reader(bytes);
  TpmSignature signature;
  MINIONS_TRY_ASSIGN(const auto algorithm, reader.be<std::uint16_t>("scheme"));
  MINIONS_TRY_ASSIGN(signature.scheme, scheme_of(algorithm));
  MINIONS_TRY_ASSIGN(const auto hash, reader.be<std::uint16_t>("hash"));
  MINIONS_TRY_ASSIGN(signature.hash, hash_of(hash));
  if (signature.scheme == TpmSignature::Scheme::kEcdsa) {
    MINIONS_TRY_ASSIGN(signature.value, read_r_s(reader));
  } else {
    MINIONS_TRY_ASSIGN(signature.value, read_sized(reader, "signature", kMostSignatureBytes));
  }
  MINIONS_TRY(reader.finish("TPMT_SIGNATURE"));
  return signature;
}

bool is_signed(const TpmQuoteInput& input, const TpmSignature& signature) {
  switch (signature.scheme) {
    case TpmSignature::Scheme::kRsassa:
      return input.attestation_key.verify_rsa_pkcs1(signature.hash, input.attest, signature.value);
    case TpmSignature::Scheme::kRsapss:
      return input.attestation_key.verify_rsa_pss(signature.hash, input.attest, signature.value);
    case TpmSignature::Scheme::kEcdsa:
      return input.attestation_key.verify_ecdsa(signature.hash, input.attest, signature.value);
  }
  return false;
}

Bytes digest(HashAlgorithm hash, ByteView bytes) {
  const auto as_vector = [](const auto& array) { return Bytes(array.begin(), array.end()); };
  switch (hash) {
    case HashAlgorithm::kSha256: return as_vector(crypto::sha256(bytes));
    case HashAlgorithm::kSha384: return as_vector(crypto::sha384({bytes}));
    case HashAlgorithm::kSha512: return as_vector(crypto::sha512({bytes}));
  }
  return {};
}

bool check_qualifying_data(const TpmQuoteInput& input, const TpmQuote& quote, CheckList& checks) {
  constexpr std::string_view kName = "binding.qualifying_data";
  if (!input.qualifying_data) {
    checks.waive(kName, "the value that binds the quote", "nothing to compare it with was given");
    return true;
  }
  return checks.expect(kName, quote.extra_data == *input.qualifying_data, to_hex(*input.qualifying_data),
                       to_hex(quote.extra_data));
}

// The values by index, if they are those of one SHA-256 bank: values of other banks are not available.
Result<std::map<std::uint8_t, Digest32>> assign_values(const TpmQuote& quote, ByteView values) {
  std::map<std::uint8_t, Digest32> pcrs;
  std::size_t banks = 0;
  for (const TpmQuote::PcrSelection& selection : quote.selections) {
    if (selection.pcrs.empty()) continue;
    if (selection.hash != kAlgSha256 || ++banks > 1)
      return malformed("pcr banks", "SHA-256 once", fmt::format("{:#x}", selection.hash));
    if (values.size() != 32 * selection.pcrs.size()) {
      return malformed("pcr values", fmt::format("{} of 32 bytes", selection.pcrs.size()),
                       fmt::format("{} bytes", values.size()));
    }
    for (const std::uint8_t index : selection.pcrs) {
      std::copy_n(values.begin(), 32, pcrs[index].begin());
      values = values.subspan(32);
    }
  }
  if (banks == 0) return malformed("pcr banks", "SHA-256 once", "none");
  return pcrs;
}

}  // namespace

Result<TpmQuote> TpmQuote::parse(ByteView bytes) {
  auto quote = read_quote(bytes);
  if (!quote) return fail(std::move(quote).error().in("tpm quote"));
  return quote;
}

Result<TpmSignature> TpmSignature::parse(ByteView bytes) {
  if (bytes.size() > kMostSignatureBytes + 6)
    return malformed("tpm signature", fmt::format("at most {} bytes", kMostSignatureBytes + 6),
                     std::to_string(bytes.size()));
  // A bare value is as long as an RSA modulus; with its tags it is six bytes longer, and ECDSA is shorter.
  const bool bare = bytes.size() == 256 || bytes.size() == 384 || bytes.size() == 512;
  if (bare) return TpmSignature{.value = to_bytes(bytes)};
  auto signature = read_tagged(bytes);
  if (!signature) return fail(std::move(signature).error().in("tpm signature"));
  return signature;
}

std::optional<AuthenticTpmQuote> authenticate_tpm_quote(const TpmQuoteInput& input, CheckList& checks) {
  auto quote = TpmQuote::parse(input.attest);
  if (!checks.expect("parse.tpm_quote", quote, "a TPMS_ATTEST of a quote")) return std::nullopt;
  const auto signature = TpmSignature::parse(input.signature);
  if (!checks.expect("parse.tpm_signature", signature, "a TPMT_SIGNATURE or the value of one")) return std::nullopt;
  const bool good = is_signed(input, *signature);
  if (!checks.expect("signature.tpm_quote", good, "a signature by the attestation key",
                     good ? "good" : "not by this key over these bytes"))
    return std::nullopt;
  if (!check_qualifying_data(input, *quote, checks)) return std::nullopt;
  auto pcrs = assign_values(*quote, input.pcr_values);
  if (!checks.expect("binding.pcr_values", pcrs, "the values of the PCRs that the quote selects")) return std::nullopt;
  // The digest uses the hash of the signature, whatever the bank's.
  const Bytes expected = digest(signature->hash, input.pcr_values);
  if (!checks.expect("binding.pcr_digest", quote->pcr_digest == expected, to_hex(expected), to_hex(quote->pcr_digest)))
    return std::nullopt;
  return AuthenticTpmQuote{*std::move(quote), *std::move(pcrs)};
}

void check_pcr_rules(const AuthenticTpmQuote& authentic, const PcrRules& rules, CheckList& checks) {
  checks.expect("policy.tpm_clock", authentic.quote.clock_safe, "safe", authentic.quote.clock_safe ? "safe" : "unsafe");
  if (rules.empty()) checks.waive("policy.pcrs", "PCR values that are known", "the policy names no PCRs");
  for (const auto& [index, rule] : rules) {
    const auto pcr = authentic.pcrs.find(index);
    const bool quoted = pcr != authentic.pcrs.end();
    const bool good = quoted && std::find(rule.value.begin(), rule.value.end(), pcr->second) != rule.value.end();
    std::string want =
        rule.value.size() == 1 ? to_hex(rule.value.front()) : fmt::format("one of {} values", rule.value.size());
    checks.expect(fmt::format("policy.pcr.{}", index), good, std::move(want),
                  quoted ? to_hex(pcr->second) : "not in the quote", rule.source);
  }
}

void verify_tpm_quote(const TpmQuoteInput& input, CheckList& checks) {
  const auto authentic = authenticate_tpm_quote(input, checks);
  if (authentic) check_pcr_rules(*authentic, input.pcrs, checks);
}

}  // namespace minions::attestation
