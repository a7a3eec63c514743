// Against the real swtpm.
#include "attester/tpm.h"

#include <gtest/gtest.h>

#include "attestation/azure/tpm_quote.h"
#include "attester/fake_vtpm.h"
#include "attester/swtpm.h"

namespace minions::attester {
namespace {

constexpr TpmHandle kIndex = 0x01400002;

class TpmTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!Swtpm::is_installed()) GTEST_SKIP() << "swtpm is not installed";
    quiet_tpm_library();
    swtpm_.emplace();
  }
  [[nodiscard]] FakeVtpm vtpm() const { return FakeVtpm(swtpm_->tcti()); }
  [[nodiscard]] Tpm tpm() const { return Tpm::open(swtpm_->tcti()).value(); }

  std::optional<Swtpm> swtpm_;
};

Bytes counted(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return bytes;
}

TEST_F(TpmTest, ReadsNvOfEachSizeInPieces) {
  TpmHandle index = kIndex;
  for (const std::size_t size : {1U, 64U, 1023U, 1024U, 1025U, 2048U}) {
    vtpm().put_nv(++index, counted(size));
    const auto read = tpm().read_nv(index);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(*read, counted(size));
  }
}

TEST_F(TpmTest, ReadsNvThatOnlyItsOwnPasswordOpens) {
  vtpm().put_nv(kIndex, counted(100), FakeVtpm::Readable::kByItself);
  EXPECT_EQ(tpm().read_nv(kIndex).value(), counted(100));
}

TEST_F(TpmTest, TellsNvThatIsMissingFromNvThatIsEmpty) {
  const auto missing = tpm().read_nv(kIndex);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().detail.find("0x01400002"), std::string::npos) << missing.error().detail;
  EXPECT_NE(missing.error().detail.find("handle"), std::string::npos) << missing.error().detail;  // the TPM's own words
  vtpm().define_nv(kIndex, 64);
  const auto empty = tpm().read_nv(kIndex);
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::kNotFound);
  EXPECT_NE(empty.error().detail.find("nothing was written"), std::string::npos) << empty.error().detail;
}

TEST_F(TpmTest, GivesTheKeyThatSignsItsQuotes) {
  const Bytes modulus = vtpm().make_signing_key(kAttestationKey);
  const auto key = tpm().public_key(kAttestationKey);
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(key->spki(), crypto::PublicKey::from_rsa(modulus, Bytes{1, 0, 1})->spki());
  const Bytes area = tpm().public_area(kAttestationKey).value();
  EXPECT_TRUE(equal(ByteView(area).last(modulus.size()), modulus));
}

TEST_F(TpmTest, RefusesKeysThatAreMissingOrOfAnotherKind) {
  EXPECT_EQ(tpm().public_key(kAttestationKey).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(tpm().quote(kAttestationKey, all_pcrs(), {}).error().code, ErrorCode::kNotFound);
  vtpm().make_signing_key(kAttestationKey, FakeVtpm::KeyKind::kEcc);
  EXPECT_EQ(tpm().public_key(kAttestationKey).error().code, ErrorCode::kUnsupported);
}

TEST_F(TpmTest, QuotesAllPcrsWithTheirValues) {
  vtpm().make_signing_key(kAttestationKey);
  Digest32 digest{};
  digest.fill(0xAB);
  vtpm().extend_pcr(4, digest);
  const Bytes data(32, 0x51);
  const auto taken = tpm().quote(kAttestationKey, all_pcrs(), data);
  ASSERT_TRUE(taken) << taken.error().detail;
  ASSERT_EQ(taken->values.size(), 24U * 32);
  EXPECT_NE(ByteView(taken->values)[4 * 32], 0);
  EXPECT_EQ(ByteView(taken->values)[5 * 32], 0);
  EXPECT_EQ(ByteView(taken->values)[17 * 32], 0xFF);  // resettable ones start so

  const auto key = tpm().public_key(kAttestationKey).value();
  attestation::CheckList checks("tpm");
  const auto authentic = attestation::authenticate_tpm_quote({.attest = taken->quote.attest,
                                                              .signature = taken->quote.signature,
                                                              .attestation_key = key,
                                                              .qualifying_data = data,
                                                              .pcr_values = taken->values,
                                                              .pcrs = {}},
                                                             checks);
  ASSERT_TRUE(authentic) << checks.checks().back().id << ": " << checks.checks().back().found;
  EXPECT_EQ(authentic->pcrs.size(), 24U);
}

TEST_F(TpmTest, QuotesAChoiceOfPcrs) {
  vtpm().make_signing_key(kAttestationKey);
  const auto taken = tpm().quote(kAttestationKey, {0, 7, 23}, {});
  ASSERT_TRUE(taken) << taken.error().detail;
  EXPECT_EQ(taken->values.size(), 3U * 32);
  const auto quote = attestation::TpmQuote::parse(taken->quote.attest).value();
  ASSERT_EQ(quote.selections.size(), 1U);
  EXPECT_EQ(quote.selections[0].pcrs, (std::vector<std::uint8_t>{0, 7, 23}));
}

TEST_F(TpmTest, RefusesQualifyingDataThatNoQuoteHolds) {
  vtpm().make_signing_key(kAttestationKey);
  EXPECT_EQ(tpm().quote(kAttestationKey, all_pcrs(), Bytes(200)).error().code, ErrorCode::kTooLarge);
}

TEST_F(TpmTest, LeavesNothingLoadedInTheTpm) {
  vtpm().make_signing_key(kAttestationKey);
  Tpm one = tpm();
  // A TPM has room for three objects and as many sessions.
  for (int i = 0; i < 10; ++i) {
    const auto key = one.transport_key({0, 1}, kAttestationKey);
    ASSERT_TRUE(key) << key.error().detail;
    EXPECT_FALSE(one.open_with_transport_key({0, 1}, Bytes(256, 1)));
  }
}

TEST(Tpm, SaysWhatItCouldNotOpen) {
  quiet_tpm_library();
  for (const std::string tcti : {"device:/nonexistent/tpm", "swtpm:host=127.0.0.1,port=1", "no-such-tcti"}) {
    const auto opened = Tpm::open(tcti);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
    EXPECT_TRUE(opened.error().detail.starts_with(tcti + ": tpm: open: ")) << opened.error().detail;
  }
}

TEST_F(TpmTest, FailsOnceTheTpmIsGone) {
  vtpm().make_signing_key(kAttestationKey);
  Tpm one = tpm();
  swtpm_->stop();
  const auto taken = one.quote(kAttestationKey, all_pcrs(), {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace minions::attester
