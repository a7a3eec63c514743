// Genuine TDX quotes with Intel's collateral of their time.
#include "attestation/intel/tdx_collateral.h"
#include "attestation/intel/tdx_tcb.h"
#include "attestation/tdx_evidence.h"
#include "crypto/der.h"

namespace minions::attestation::tdx {
namespace {

class GenuineTdx : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!evidence_manifest()) GTEST_SKIP() << "no evidence in " << evidence_folder();
  }
};

std::string text_at(const nlohmann::json& object, const char* name) { return object[name].get<std::string>(); }

// The group of a check: what stands before the first dot.
std::string group_of(const std::string& check) { return check.substr(0, check.find('.')); }

bool names(const nlohmann::json& groups, const std::string& group) {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

// Cases name what they expect of the quote in one of three places.
const nlohmann::json& expected_quote(const nlohmann::json& entry) {
  const nlohmann::json& expected = entry["expected"];
  if (expected.contains("td_quote")) return expected["td_quote"];
  return expected.contains("tdx") ? expected["tdx"] : expected;
}

const nlohmann::json* expected_tcb(const nlohmann::json& entry) {
  const nlohmann::json& expected = entry["expected"];
  if (expected.contains("tcb_status")) return &expected["tcb_status"];
  return expected.contains("tcb") ? &expected["tcb"] : nullptr;
}

template <std::size_t N>
std::string hex_le(std::uint64_t value) {
  ByteArray<N> bytes;
  for (std::size_t i = 0; i < N; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
  return to_hex(bytes);
}

TEST_F(GenuineTdx, GetsItsVerdictForTheRightReason) {
  int accepted = 0;
  int refused = 0;
  for (const auto& entry : (*evidence_manifest())["cases"]) {
    if (!has_tdx_quote(entry)) continue;
    SCOPED_TRACE(text_at(entry, "id"));
    TdxEvidence evidence = genuine_tdx(entry);
    const std::string failure = evidence.failure();
    if (entry["verdict"] == "accept") {
      EXPECT_EQ(failure, "accepted") << to_text(evidence.judge());
      ++accepted;
    } else {
      EXPECT_TRUE(names(entry["check"], group_of(failure))) << to_text(evidence.judge());
      ++refused;
    }
    ASSERT_TRUE(evidence.body);
  }
  EXPECT_GE(accepted, 5);
  EXPECT_GE(refused, 6);
}

TEST_F(GenuineTdx, DecodesTheFieldsOfTheQuote) {
  int quotes = 0;
  for (const auto& entry : (*evidence_manifest())["cases"]) {
    if (!has_tdx_quote(entry)) continue;
    SCOPED_TRACE(text_at(entry, "id"));
    const auto quote = TdxQuote::parse(genuine_tdx(entry).quote);
    ASSERT_TRUE(quote) << quote.error().detail;
    const nlohmann::json& want = expected_quote(entry);
    EXPECT_EQ(quote->version, want["version"]);
    EXPECT_EQ(want["qe_svn"], 0);  // where the header's reserved bytes are
    EXPECT_EQ(want["pce_svn"], 0);
    EXPECT_EQ(to_hex(quote->user_data), want["user_data"]);
    EXPECT_EQ(quote->body_type, want["body_type"]);
    EXPECT_EQ(quote->signed_part.size(), want["signed_len"]);
    EXPECT_EQ(quote->trailing_bytes, want["trailing"]);
    const TdBody& body = quote->body;
    EXPECT_EQ(to_hex(body.tee_tcb_svn), want["tee_tcb_svn"]);
    EXPECT_EQ(to_hex(body.mr_seam), want["mr_seam"]);
    EXPECT_EQ(to_hex(body.mr_signer_seam), want["mr_signer_seam"]);
    EXPECT_EQ(to_hex(body.seam_attributes), want["seam_attributes"]);
    EXPECT_EQ(hex_le<8>(body.td_attributes), want["td_attributes"]);
    EXPECT_EQ(hex_le<8>(body.xfam), want["xfam"]);
    EXPECT_EQ(to_hex(body.mr_td), want["mr_td"]);
    EXPECT_EQ(to_hex(body.mr_config_id), want["mr_config_id"]);
    EXPECT_EQ(to_hex(body.mr_owner), want["mr_owner"]);
    EXPECT_EQ(to_hex(body.mr_owner_config), want["mr_owner_config"]);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(to_hex(body.rtmrs[i]), want["rtmr" + std::to_string(i)]);
    EXPECT_EQ(to_hex(body.report_data), want["report_data"]);
    EXPECT_EQ((body.td_attributes & td_attribute::kDebug) != 0, want["debug"]);
    EXPECT_EQ((body.td_attributes & td_attribute::kSeptVeDisable) != 0, want["sept_ve_disable"]);
    EXPECT_EQ(body.mr_service_td.has_value(), want["body_type"] == 3);
    ++quotes;
  }
  EXPECT_GE(quotes, 11);
}

TEST_F(GenuineTdx, DecodesTheQuotingEnclaveAndThePck) {
  int pcks = 0;
  for (const auto& entry : (*evidence_manifest())["cases"]) {
    const nlohmann::json& expected = entry["expected"];
    if (!has_tdx_quote(entry) || !expected.contains("pck")) continue;
    SCOPED_TRACE(text_at(entry, "id"));
    const TdxEvidence evidence = genuine_tdx(entry);
    const TdxQuote quote = TdxQuote::parse(evidence.quote).value();
    const auto chain = verify_pck_chain(quote.pck_chain_pem, {.roots = evidence.roots, .now = evidence.now});
    ASSERT_TRUE(chain) << chain.error().detail;
    const auto pck = PckExtension::parse(chain->leaf.extension(PckExtension::kOid).value());
    ASSERT_TRUE(pck) << pck.error().detail;
    const nlohmann::json& want = expected["pck"];
    EXPECT_EQ(to_hex(pck->ppid), want["ppid"]);
    EXPECT_EQ(to_hex(pck->pce_id), want["pceid"]);
    EXPECT_EQ(to_hex(pck->fmspc), want["fmspc"]);
    EXPECT_EQ(pck->sgx_type, want["sgx_type"]);
    EXPECT_EQ(nlohmann::json(pck->components), want["comp"]);
    EXPECT_EQ(pck->pce_svn, want["pcesvn"]);
    EXPECT_EQ(to_hex(pck->cpu_svn), want["cpusvn"]);
    ++pcks;
    if (!expected.contains("qe_identity_status")) continue;
    EXPECT_EQ(to_hex(quote.qe_report.mr_signer), expected["qe"]["mrsigner"]);
    EXPECT_EQ(quote.qe_report.isv_prod_id, expected["qe"]["isvprodid"]);
    EXPECT_EQ(quote.qe_report.isv_svn, expected["qe"]["isvsvn"]);
    EXPECT_EQ(to_hex(quote.qe_report.misc_select), expected["qe"]["miscselect"]);
    EXPECT_EQ(to_hex(quote.qe_report.attributes), expected["qe"]["attributes"]);
  }
  EXPECT_GE(pcks, 10);
}

TEST_F(GenuineTdx, FindsTheTcbLevels) {
  int levels = 0;
  for (const auto& entry : (*evidence_manifest())["cases"]) {
    const nlohmann::json* want = has_tdx_quote(entry) ? expected_tcb(entry) : nullptr;
    if (want == nullptr) continue;
    SCOPED_TRACE(text_at(entry, "id"));
    TdxEvidence evidence = genuine_tdx(entry);
    const std::string found = evidence.check("tcb").found;
    if ((*want)["platform"] == "NotSupported") {
      EXPECT_NE(found.find("not supported: platform: no TCB level"), std::string::npos) << found;
    } else {
      std::string platform = "platform " + text_at(*want, "platform") + " of " + text_at(*want, "date").substr(0, 10);
      for (std::size_t i = 0; i < (*want)["adv"].size(); ++i)
        platform += (i == 0 ? " (" : ", ") + (*want)["adv"][i].get<std::string>();
      EXPECT_NE(found.find(platform), std::string::npos) << found;
    }
    EXPECT_EQ(found.find("TDX module") != std::string::npos, want->contains("module")) << found;
    if (want->contains("module")) {
      EXPECT_NE(found.find("TDX module " + text_at(*want, "module")), std::string::npos) << found;
    }
    EXPECT_NE(found.find("quoting enclave UpToDate"), std::string::npos) << found;
    ++levels;
  }
  EXPECT_GE(levels, 10);
}

// The manifest's changes of one file.
void apply(const nlohmann::json& mutation, Bytes& bytes) {
  if (mutation["op"] == "xor") {
    const auto offset = mutation["offset"].get<std::size_t>();
    bytes.at(offset) = static_cast<std::uint8_t>(bytes.at(offset) ^ mutation["value"].get<std::uint8_t>());
    return;
  }
  ASSERT_EQ(mutation["op"], "replace");
  std::string text(as_text(bytes));
  const std::size_t at = text.find(text_at(mutation, "from"));
  ASSERT_NE(at, std::string::npos);
  text.replace(at, text_at(mutation, "from").size(), text_at(mutation, "to"));
  bytes = to_bytes(text);
}

TEST_F(GenuineTdx, RefusesTheMutations) {
  int mutations = 0;
  for (const auto& mutation : (*evidence_manifest())["mutations"]) {
    if (text_at(mutation, "base").find("tdx") == std::string::npos) continue;
    const std::string file = text_at(mutation, "file");
    const std::string name = std::filesystem::path(file).stem();
    TdxEvidence evidence = genuine_tdx(evidence_case(text_at(mutation, "base")));
    if (!file.ends_with("quote.bin") && !evidence.collateral.contains(name)) continue;
    SCOPED_TRACE(text_at(mutation, "id"));
    apply(mutation, file.ends_with("quote.bin") ? evidence.quote : evidence.collateral[name].front());
    EXPECT_TRUE(names(mutation["check"], group_of(evidence.failure()))) << to_text(evidence.judge());
    ++mutations;
  }
  EXPECT_GE(mutations, 3);
}

TEST_F(GenuineTdx, AcceptsWhatThePolicyAcceptsAndNoMore) {
  TdxEvidence old = genuine_tdx(evidence_case("tdx-gcp-spr-outofdate"));
  EXPECT_EQ(old.failure(), "tcb");
  old.policy.accepted_tcb = {{"UpToDate", "OutOfDate"}, "policy line 3"};
  EXPECT_EQ(old.failure(), "accepted");
  EXPECT_EQ(old.check("tcb").source, "policy line 3");

  TdxEvidence debug = genuine_tdx(evidence_case("tdx-v4-debug"));
  EXPECT_EQ(debug.failures(), (std::vector<std::string>{"tcb", "policy.debug"}));
  debug.policy.accepted_tcb.value = {"OutOfDate"};
  EXPECT_EQ(debug.failures(), (std::vector<std::string>{"policy.debug"}));
  debug.policy.allow_debug.value = true;
  EXPECT_EQ(debug.failures(), std::vector<std::string>());

  // No status stands for a platform that Intel does not list.
  TdxEvidence unknown = genuine_tdx(evidence_case("tdx-v4-spr"));
  unknown.policy.accepted_tcb.value = {"UpToDate", "OutOfDate", "OutOfDateConfigurationNeeded"};
  EXPECT_EQ(unknown.failures(), (std::vector<std::string>{"tcb", "policy.sept_ve_disable"}));
}

TEST_F(GenuineTdx, JudgesTimesToTheSecond) {
  const struct {
    const char* time;
    const char* failure;
  } kTimes[] = {{"2025-06-19T10:32:26Z", "tcb.qe_identity_window"},
                {"2025-06-19T10:32:27Z", "accepted"},
                {"2025-07-19T10:00:35Z", "accepted"},
                {"2025-07-19T10:00:36Z", "chain.pck_crl"},
                {"2026-04-03T11:21:58Z", "chain.root_ca_crl"},
                {"2032-02-06T23:25:52Z", "chain.pck"},
                {"2025-02-06T23:25:50Z", "chain.pck"}};
  TdxEvidence evidence = genuine_tdx(evidence_case("tdx-v4-uptodate"));
  for (const auto& [time, failure] : kTimes) {
    evidence.now = seconds_of(time);
    EXPECT_EQ(evidence.failure(), failure) << time;
  }
  evidence.now = seconds_of("2025-06-19T10:16:02Z");
  const auto failures = evidence.failures();
  EXPECT_NE(std::find(failures.begin(), failures.end(), "tcb.tcb_info_window"), failures.end());
}

TEST_F(GenuineTdx, TakesNoCollateralOfAnotherPlatform) {
  TdxEvidence evidence = genuine_tdx(evidence_case("tdx-gcp-spr-uptodate"));
  evidence.collateral["tcb_info"] = genuine_tdx(evidence_case("tdx-v4-uptodate")).collateral["tcb_info"];
  EXPECT_EQ(evidence.failure(), "tcb.tcb_info_platform");
  TdxEvidence rolled = genuine_tdx(evidence_case("tdx-v5-emr"));
  rolled.collateral["pck_crl"] = genuine_tdx(evidence_case("tdx-v4-uptodate")).collateral["pck_crl"];
  EXPECT_EQ(rolled.failure(), "chain.pck_crl");
}

TEST_F(GenuineTdx, HangsOnThePinnedRoot) {
  TdxEvidence evidence = genuine_tdx(evidence_case("tdx-v4-uptodate"));
  evidence.roots = {roots::kAmdMilan};
  EXPECT_EQ(evidence.failure(), "chain.pck");
  evidence.roots = {};
  EXPECT_EQ(evidence.failure(), "chain.pck");
}

// ---- every bit ----

// What the issuer of each certificate signed, in the order of the chain. Nothing if the chain cannot be read.
std::optional<std::vector<Bytes>> signed_parts_of(const std::string& pem) {
  const auto certificates = crypto::Certificate::from_pem(pem);
  if (!certificates) return std::nullopt;
  std::vector<Bytes> parts;
  for (const crypto::Certificate& certificate : *certificates) {
    crypto::DerReader reader(certificate.der());
    crypto::DerReader inside = reader.enter(crypto::der_tag::kSequence, "certificate").value();
    parts.push_back(to_bytes(inside.next("to be signed").value().contents));
  }
  return parts;
}

void flip(Bytes& bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
}

bool signatures_hold(ByteView bytes, const crypto::Certificate& pck) {
  const auto quote = TdxQuote::parse(bytes);
  return quote && verify_qe_report(*quote, pck) && verify_attestation_key(*quote) && verify_quote_signature(*quote);
}

// Header, body, signatures, keys, reports and lengths: all but the text of the certificates, and the padding.
TEST_F(GenuineTdx, RefusesEveryBitFlipBeforeTheCertificates) {
  TdxEvidence evidence = genuine_tdx(evidence_case("tdx-v4-uptodate"));
  const std::size_t text = as_text(evidence.quote).find("-----BEGIN");
  ASSERT_EQ(text, 48U + 584 + 4 + 64 + 64 + 6 + 384 + 64 + 2 + 32 + 6);
  const std::string pem = TdxQuote::parse(evidence.quote).value().pck_chain_pem;
  const auto pck = verify_pck_chain(pem, {.roots = evidence.roots, .now = evidence.now}).value().leaf;
  ASSERT_TRUE(signatures_hold(evidence.quote, pck));
  for (std::size_t bit = 0; bit < text * 8; ++bit) {
    flip(evidence.quote, bit);
    ASSERT_FALSE(signatures_hold(evidence.quote, pck)) << "bit " << bit;
    if (bit % 8 == bit / 8 % 8) {  // one bit of each byte through all the checks
      ASSERT_NE(evidence.failure(), "accepted") << "bit " << bit;
    }
    flip(evidence.quote, bit);
  }
  EXPECT_EQ(evidence.failure(), "accepted");
}

// PEM has letters that say nothing: line ends, the text around the blocks, bits that base64 leaves over. A flip there
// is let through only if what each issuer signed is the same to the bit.
TEST_F(GenuineTdx, RefusesEveryBitFlipInTheCertificatesThatChangesWhatIsSigned) {
  TdxEvidence evidence = genuine_tdx(evidence_case("tdx-v4-uptodate"));
  const TdxQuote genuine = TdxQuote::parse(evidence.quote).value();
  const auto parts = signed_parts_of(genuine.pck_chain_pem);
  const std::size_t text = as_text(evidence.quote).find("-----BEGIN");
  const std::size_t end = evidence.quote.size() - genuine.trailing_bytes;
  std::size_t let_through = 0;
  for (std::size_t bit = text * 8; bit < end * 8; ++bit) {
    flip(evidence.quote, bit);
    const auto quote = TdxQuote::parse(evidence.quote);
    ASSERT_TRUE(quote);
    // Judged in full only where it could pass.
    const auto chain = verify_pck_chain(quote->pck_chain_pem, {.roots = evidence.roots, .now = evidence.now});
    if (chain && evidence.failure() == "accepted") {
      ASSERT_EQ(signed_parts_of(quote->pck_chain_pem), parts) << "bit " << bit;
      ++let_through;
    }
    flip(evidence.quote, bit);
  }
  EXPECT_LT(let_through, (end - text) * 8 / 100);
}

// What pads a quote is used for nothing.
TEST_F(GenuineTdx, ReadsNoPadding) {
  TdxEvidence evidence = genuine_tdx(evidence_case("tdx-v4-uptodate"));
  const TdxQuote genuine = TdxQuote::parse(evidence.quote).value();
  ASSERT_EQ(genuine.trailing_bytes, 70U);
  for (std::size_t i = 0; i < genuine.trailing_bytes; ++i) evidence.quote[evidence.quote.size() - 1 - i] ^= 0xff;
  EXPECT_EQ(evidence.failure(), "accepted");
  evidence.quote.resize(evidence.quote.size() - genuine.trailing_bytes);
  EXPECT_EQ(evidence.failure(), "accepted");
  evidence.quote.pop_back();
  EXPECT_EQ(evidence.failure(), "parse");
}

TEST_F(GenuineTdx, RefusesEveryBitFlipInTheTcbInfoAndTheIdentity) {
  for (const auto& [piece, member] :
       std::map<std::string, std::string>{{"tcb_info", "tcbInfo"}, {"qe_identity", "enclaveIdentity"}}) {
    TdxEvidence evidence = genuine_tdx(evidence_case("tdx-v4-uptodate"));
    Bytes& json = evidence.collateral[piece].front();
    const auto signer = verify_tcb_signer(as_text(evidence.collateral[piece + "_issuer_chain"].front()),
                                          {.roots = evidence.roots, .now = evidence.now})
                            .value()
                            .public_key()
                            .value();
    for (std::size_t bit = 0; bit < json.size() * 8; ++bit) {
      flip(json, bit);
      const bool good = piece == "tcb_info" ? verify_tcb_info(as_text(json), signer).has_value()
                                            : verify_qe_identity(as_text(json), signer).has_value();
      // Hex may be in either case: bit 5 of a letter of the signature says nothing.
      if (good) {
        const std::size_t signature = as_text(json).rfind("\":\"") + 3;
        ASSERT_GE(bit / 8, signature) << piece << " bit " << bit;
        ASSERT_TRUE(bit % 8 == 5 && std::isalpha(json[bit / 8]) != 0) << piece << " bit " << bit;
      }
      flip(json, bit);
    }
    EXPECT_EQ(evidence.failure(), "accepted");
  }
}

}  // namespace
}  // namespace minions::attestation::tdx
