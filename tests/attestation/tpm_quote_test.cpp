// Quotes of the tests' own: accepted as they are made, refused with one thing broken.
#include "attestation/snp_evidence.h"
#include "attestation/synthetic_snp.h"
#include "base/byte_io.h"

namespace minions::attestation {
namespace {

using namespace synthetic_snp;
using crypto::HashAlgorithm;
using snp_evidence::failure;

constexpr std::uint16_t kSha1 = 0x0004;
constexpr std::uint16_t kSha256 = 0x000B;
constexpr std::uint16_t kSha384 = 0x000C;

// Offsets in the TPMS_ATTEST of Quote: a name of 34 bytes and qualifying data of 9 stand before the rest.
constexpr std::size_t kNameSize = 6;
constexpr std::size_t kExtraDataSize = kNameSize + 2 + 34;
constexpr std::size_t kSafe = kExtraDataSize + 2 + 9 + 16;
constexpr std::size_t kBanks = kSafe + 1 + 8;

struct Judged {
  SigningKey key = SigningKey::rsa();
  std::optional<Bytes> qualifying_data = to_bytes("challenge");
  PcrRules pcrs{};

  [[nodiscard]] std::string failure_of(ByteView attest, ByteView signature, ByteView values) const {
    const auto public_key = key.public_key();
    CheckList checks("tpm2-quote");
    verify_tpm_quote({.attest = attest,
                      .signature = signature,
                      .attestation_key = public_key,
                      .qualifying_data = qualifying_data,
                      .pcr_values = values,
                      .pcrs = pcrs},
                     checks);
    return failure(checks);
  }
  // Signed as it is.
  [[nodiscard]] std::string failure_of(ByteView attest, ByteView values) const {
    return failure_of(attest, key.sign_rsa_pkcs1(HashAlgorithm::kSha256, attest), values);
  }
  [[nodiscard]] std::string failure_of(const Quote& quote) const {
    return failure_of(quote.attest(), quote.pcr_values);
  }
};

TEST(TpmQuote, DecodesWhatItIsMadeOf) {
  const auto quote = TpmQuote::parse(Quote{}.attest());
  ASSERT_TRUE(quote) << quote.error().detail;
  EXPECT_EQ(quote->extra_data, to_bytes("challenge"));
  EXPECT_EQ(quote->clock, 123456U);
  EXPECT_EQ(quote->reset_count, 7U);
  EXPECT_EQ(quote->restart_count, 1U);
  EXPECT_TRUE(quote->clock_safe);
  ASSERT_EQ(quote->selections.size(), 1U);
  EXPECT_EQ(quote->selections[0].hash, kSha256);
  EXPECT_EQ(quote->selections[0].pcrs, (std::vector<std::uint8_t>{0, 1, 4, 23}));
}

TEST(TpmQuote, RefusesFieldsOutOfRange) {
  const Bytes genuine = Quote{}.attest();
  struct Broken {
    std::size_t offset;
    Bytes bytes;
  };
  const std::vector<Broken> all = {{0, {0xFE}},
                                   {4, {0x80, 0x17}},
                                   {kNameSize, {0, 69}},
                                   {kExtraDataSize, {0, 8}},
                                   {kExtraDataSize, {0, 10}},
                                   {kExtraDataSize, {0xFF, 0xFF}},
                                   {kSafe, {2}},
                                   {kBanks, {0, 0, 0, 0}},
                                   {kBanks, {0, 0, 0, 2}},
                                   {kBanks, {0, 0, 0, 17}},
                                   {kBanks + 6, {2}},
                                   {kBanks + 6, {5}},
                                   {genuine.size() - 33, {31}}};
  for (const auto& [offset, bytes] : all) {
    Bytes attest = genuine;
    std::copy(bytes.begin(), bytes.end(), attest.begin() + static_cast<std::ptrdiff_t>(offset));
    EXPECT_EQ(Judged{}.failure_of(attest, Quote{}.pcr_values), "parse.tpm_quote") << offset << " " << to_hex(bytes);
  }
}

TEST(TpmQuote, RefusesEveryTruncationAndATrailingByte) {
  Bytes attest = Quote{}.attest();
  for (std::size_t size = 0; size < attest.size(); ++size) EXPECT_FALSE(TpmQuote::parse(ByteView(attest).first(size)));
  attest.push_back(0);
  EXPECT_EQ(Judged{}.failure_of(attest, Quote{}.pcr_values), "parse.tpm_quote");
}

TEST(TpmSignature, IsTakenInEachScheme) {
  Judged judged;
  Quote quote;
  const Bytes attest = quote.attest();
  const Bytes values = quote.pcr_values;
  const Bytes bare = judged.key.sign_rsa_pkcs1(HashAlgorithm::kSha256, attest);
  EXPECT_EQ(judged.failure_of(attest, bare, values), "accepted");
  EXPECT_EQ(judged.failure_of(attest, tagged(0x14, kSha256, bare), values), "accepted");
  EXPECT_EQ(
      judged.failure_of(attest, tagged(0x16, kSha256, judged.key.sign_rsa_pss(HashAlgorithm::kSha256, attest)), values),
      "accepted");
  judged.key = SigningKey::p256();
  const Bytes r_s = judged.key.sign_ecdsa(HashAlgorithm::kSha256, attest);
  Bytes ecdsa = tagged(0x18, kSha256, ByteView(r_s).first(32));
  append_be(ecdsa, std::uint16_t{32});
  append(ecdsa, ByteView(r_s).subspan(32));
  EXPECT_EQ(judged.failure_of(attest, ecdsa, values), "accepted");
  EXPECT_EQ(judged.failure_of(attest, bare, values), "signature.tpm_quote");
}

TEST(TpmSignature, RefusesOtherSchemesHashesAndLengths) {
  const Judged judged;
  const Quote quote;
  const Bytes bare = judged.key.sign_rsa_pkcs1(HashAlgorithm::kSha256, quote.attest());
  const auto judge = [&](const Bytes& signature) {
    return judged.failure_of(quote.attest(), signature, quote.pcr_values);
  };
  EXPECT_EQ(judge(tagged(0x15, kSha256, bare)), "parse.tpm_signature");
  EXPECT_EQ(judge(tagged(0x14, kSha1, bare)), "parse.tpm_signature");
  EXPECT_EQ(judge({}), "parse.tpm_signature");
  EXPECT_EQ(judge(Bytes(600, 1)), "parse.tpm_signature");
  Bytes longer = tagged(0x14, kSha256, bare);
  longer.push_back(0);
  EXPECT_EQ(judge(longer), "parse.tpm_signature");
  EXPECT_EQ(judge(tagged(0x14, kSha384, bare)), "signature.tpm_quote");
  EXPECT_EQ(judge(tagged(0x16, kSha256, bare)), "signature.tpm_quote");
  for (std::size_t size = 0; size < bare.size(); ++size) {
    EXPECT_NE(judge(Bytes(bare.begin(), bare.begin() + static_cast<std::ptrdiff_t>(size))), "accepted") << size;
  }
}

TEST(TpmQuote, RefusesTheSignatureOfAnotherKey) {
  const Quote quote;
  Judged judged;
  const Bytes signature = judged.key.sign_rsa_pkcs1(HashAlgorithm::kSha256, quote.attest());
  judged.key = SigningKey::p256();
  EXPECT_EQ(judged.failure_of(quote.attest(), signature, quote.pcr_values), "signature.tpm_quote");
}

// The hash of the signature makes the digest over the PCRs, whatever the bank's hash.
TEST(TpmQuote, DigestsWithTheHashOfItsSignature) {
  const Judged judged;
  for (const HashAlgorithm hash : {HashAlgorithm::kSha256, HashAlgorithm::kSha384}) {
    const Quote quote{.hash = hash};
    const Bytes attest = quote.attest();
    const Bytes signature = tagged(0x14, kSha384, judged.key.sign_rsa_pkcs1(HashAlgorithm::kSha384, attest));
    EXPECT_EQ(judged.failure_of(attest, signature, quote.pcr_values),
              hash == HashAlgorithm::kSha384 ? "accepted" : "binding.pcr_digest");
  }
}

TEST(TpmQuote, CarriesExactlyItsQualifyingData) {
  for (const std::string_view other : {"", "challeng", "challengf", "challenge\x01"}) {
    EXPECT_EQ(Judged{}.failure_of(Quote{.extra_data = to_bytes(other)}), "binding.qualifying_data") << other;
  }
  EXPECT_EQ((Judged{.qualifying_data = std::nullopt}.failure_of(Quote{.extra_data = {}})), "accepted");
}

TEST(TpmQuote, RefusesOtherPcrValues) {
  const Quote quote;
  const Bytes attest = quote.attest();
  Bytes values = quote.pcr_values;
  values[127] ^= 1;
  EXPECT_EQ(Judged{}.failure_of(attest, values), "binding.pcr_digest");
  values.resize(96);
  EXPECT_EQ(Judged{}.failure_of(attest, values), "binding.pcr_values");
  values.resize(129);
  EXPECT_EQ(Judged{}.failure_of(attest, values), "binding.pcr_values");
  EXPECT_EQ(Judged{}.failure_of(attest, Bytes{}), "binding.pcr_values");
}

TEST(TpmQuote, WantsTheSha256BankAlone) {
  const auto judge = [](std::vector<std::pair<std::uint16_t, Bytes>> selections, std::size_t values) {
    return Judged{}.failure_of(Quote{.selections = std::move(selections), .pcr_values = Bytes(32 * values, 0xAB)});
  };
  EXPECT_EQ(judge({{kSha1, {0, 0, 0}}, {kSha256, {1, 0, 0}}}, 1), "accepted");  // an empty bank adds no value
  EXPECT_EQ(judge({{kSha1, {1, 0, 0}}}, 1), "binding.pcr_values");
  EXPECT_EQ(judge({{kSha384, {1, 0, 0}}, {kSha256, {1, 0, 0}}}, 2), "binding.pcr_values");
  EXPECT_EQ(judge({{kSha256, {1, 0, 0}}, {kSha256, {2, 0, 0}}}, 2), "binding.pcr_values");
  EXPECT_EQ(judge({{kSha256, {0, 0, 0}}}, 0), "binding.pcr_values");
  EXPECT_EQ(judge({}, 0), "binding.pcr_values");
}

TEST(PcrRules, HoldEachPcrThatIsNamed) {
  Quote quote;
  for (std::size_t i = 0; i < 4; ++i) {
    std::fill_n(quote.pcr_values.begin() + static_cast<std::ptrdiff_t>(32 * i), 32, static_cast<std::uint8_t>(i));
  }
  const auto value = [](std::uint8_t byte) {
    Digest32 out;
    out.fill(byte);
    return out;
  };
  const auto judge = [&](PcrRules rules) { return Judged{.pcrs = std::move(rules)}.failure_of(quote); };
  EXPECT_EQ(judge({{0, {{value(0)}}}, {1, {{value(1)}}}, {4, {{value(2)}}}, {23, {{value(3)}}}}), "accepted");
  EXPECT_EQ(judge({{4, {{value(9), value(2)}}}}), "accepted");
  EXPECT_EQ(judge({{4, {{value(1)}}}}), "policy.pcr.4");
  EXPECT_EQ(judge({{4, {}}}), "policy.pcr.4");
  EXPECT_EQ(judge({{0, {{value(0)}}}, {7, {{value(0)}}}}), "policy.pcr.7");  // not in the quote
}

TEST(PcrRules, WantASafeClock) { EXPECT_EQ(Judged{}.failure_of(Quote{.safe = 0}), "policy.tpm_clock"); }

}  // namespace
}  // namespace minions::attestation
