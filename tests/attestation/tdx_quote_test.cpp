// The decoder of quotes: what it takes, and that it takes nothing else.
#include "attestation/intel/tdx_quote.h"

#include "attestation/synthetic_tdx.h"

namespace minions::attestation::tdx {
namespace {

Bytes quote_of(std::uint16_t version, std::uint16_t body_type) {
  Platform platform;
  platform.version = version;
  platform.body_type = body_type;
  return platform.evidence().quote;
}

std::string refusal(const Bytes& quote) {
  const auto parsed = TdxQuote::parse(quote);
  return parsed ? "taken" : parsed.error().detail;
}

std::string refusal_with(Bytes quote, std::size_t offset, std::uint8_t value) {
  quote.at(offset) = value;
  return refusal(quote);
}

TEST(TdxQuote, ReadsEveryFieldFromItsPlace) {
  Platform platform;
  platform.version = 5;
  platform.body_type = 3;
  Bytes quote = platform.evidence().quote;
  constexpr std::size_t kBody = 54;
  for (std::size_t i = 0; i < 648; ++i) quote[kBody + i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  const TdBody body = TdxQuote::parse(quote).value().body;
  const auto at = [&](std::size_t offset, std::size_t size) {
    return to_hex(ByteView(quote).subspan(kBody + offset, size));
  };
  EXPECT_EQ(to_hex(body.tee_tcb_svn), at(0, 16));
  EXPECT_EQ(to_hex(body.mr_seam), at(16, 48));
  EXPECT_EQ(to_hex(body.mr_signer_seam), at(64, 48));
  EXPECT_EQ(to_hex(body.seam_attributes), at(112, 8));
  EXPECT_EQ(body.td_attributes & 0xff, quote[kBody + 120]);
  EXPECT_EQ(body.td_attributes >> 56, quote[kBody + 127]);
  EXPECT_EQ(body.xfam & 0xff, quote[kBody + 128]);
  EXPECT_EQ(to_hex(body.mr_td), at(136, 48));
  EXPECT_EQ(to_hex(body.mr_config_id), at(184, 48));
  EXPECT_EQ(to_hex(body.mr_owner), at(232, 48));
  EXPECT_EQ(to_hex(body.mr_owner_config), at(280, 48));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(to_hex(body.rtmrs[i]), at(328 + 48 * i, 48));
  EXPECT_EQ(to_hex(body.report_data), at(520, 64));
  EXPECT_EQ(to_hex(body.tee_tcb_svn2.value()), at(584, 16));
  EXPECT_EQ(to_hex(body.mr_service_td.value()), at(600, 48));
}

TEST(TdxQuote, HasTheExtendedFieldsInBody3Alone) {
  for (const auto& [version, type] : {std::pair<std::uint16_t, std::uint16_t>{4, 2}, {5, 2}, {5, 3}}) {
    const TdxQuote quote = TdxQuote::parse(quote_of(version, type)).value();
    EXPECT_EQ(quote.version, version);
    EXPECT_EQ(quote.body_type, type);
    EXPECT_EQ(quote.body.tee_tcb_svn2.has_value(), type == 3);
    EXPECT_EQ(quote.signed_part.size(), version == 4 ? 632U : type == 2 ? 638U : 702U);
    EXPECT_EQ(quote.trailing_bytes, 0U);
  }
}

TEST(TdxQuote, RefusesEveryTruncation) {
  for (const std::uint16_t type : {std::uint16_t{2}, std::uint16_t{3}}) {
    const Bytes quote = quote_of(5, type);
    ASSERT_EQ(refusal(quote), "taken");
    for (std::size_t length = 0; length < quote.size(); ++length)
      ASSERT_FALSE(TdxQuote::parse(ByteView(quote).first(length))) << length;
  }
}

TEST(TdxQuote, CountsTheBytesAfterTheSignature) {
  Bytes quote = quote_of(4, 2);
  quote.resize(quote.size() + 39, 0x20);
  EXPECT_EQ(TdxQuote::parse(quote).value().trailing_bytes, 39U);
  quote.resize(kTdxQuoteLimitBytes);
  EXPECT_EQ(refusal(quote), "taken");
  quote.push_back(0);
  EXPECT_EQ(TdxQuote::parse(quote).error().code, ErrorCode::kTooLarge);
}

TEST(TdxQuote, NamesWhatItDoesNotSpeak) {
  const Bytes v4 = quote_of(4, 2);
  const Bytes v5 = quote_of(5, 2);
  EXPECT_EQ(refusal_with(v4, 0, 3), "tdx quote: version: want 4 or 5, found 3");
  EXPECT_EQ(refusal_with(v4, 1, 1), "tdx quote: version: want 4 or 5, found 260");
  EXPECT_EQ(refusal_with(v4, 2, 3), "tdx quote: attestation key type: want 2, found 3");
  EXPECT_EQ(refusal_with(v4, 4, 0), "tdx quote: tee type: want 129, found 0");
  EXPECT_EQ(refusal_with(v4, 12, 0),
            "tdx quote: qe vendor: want 939a7233f79c4ca9940a0db3957f0607, found 009a7233f79c4ca9940a0db3957f0607");
  EXPECT_EQ(refusal_with(v5, 48, 1), "tdx quote: body type: want 2 or 3, found 1");
  EXPECT_EQ(refusal_with(v5, 48, 3), "tdx quote: body size: want 648, found 584");
  EXPECT_EQ(refusal_with(v5, 50, 0x47), "tdx quote: body size: want 584, found 583");
  EXPECT_EQ(refusal_with(v4, 764, 5), "tdx quote: certification data type: want 6, found 5");
}

TEST(TdxQuote, WantsTheLengthsToFillEachOther) {
  const Bytes quote = quote_of(4, 2);
  const std::size_t signature_length = 632;
  const std::size_t certification_size = 766;
  for (const std::size_t field : {signature_length, certification_size}) {
    for (const int step : {-1, 1}) {
      Bytes changed = quote;
      changed.push_back(0);  // room for a length that is too large
      changed[field] = static_cast<std::uint8_t>(changed[field] + step);
      EXPECT_NE(refusal(changed), "taken") << field << " " << step;
    }
  }
  Bytes both = quote;  // lengths that agree, with a byte that nothing speaks of
  both.push_back(0);
  both[signature_length] = static_cast<std::uint8_t>(both[signature_length] + 1);
  both[certification_size] = static_cast<std::uint8_t>(both[certification_size] + 1);
  EXPECT_EQ(refusal(both), "qe certification data: 1 bytes after its end");
}

TEST(TdxQuote, RefusesOtherCertificationOfTheQuotingEnclave) {
  Platform platform;
  platform.change_certification = [](Bytes& bytes) { bytes[384 + 64 + 2 + 32] = 4; };
  EXPECT_EQ(refusal(platform.evidence().quote), "tdx quote: certification data type: want 5, found 4");
  platform.change_certification = [](Bytes& bytes) { bytes[384 + 64] = 31; };
  EXPECT_NE(refusal(platform.evidence().quote), "taken");
}

}  // namespace
}  // namespace minions::attestation::tdx
