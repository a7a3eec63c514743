// Genuine evidence of Azure's confidential VMs: reports of the paravisor, quotes of its vTPM, certificates of its keys.
#include "attestation/snp_evidence.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

using namespace snp_evidence;

struct Parts {
  explicit Parts(const Case& evidence)
      : hcl_report(evidence.part("hcl_report.bin")),
        quote(evidence.part("tpm_quote.msg")),
        signature(evidence.part("tpm_quote.sig")),
        pcrs(selected_pcrs(TpmQuote::parse(quote).value(), evidence.part("pcrs.json"))) {}
  Bytes hcl_report;
  Bytes quote;
  Bytes signature;
  Bytes pcrs;
  std::optional<Bytes> qualifying_data;
};

AzureSnpInput hcl_input(const Case& evidence, ByteView hcl_report) {
  return {.hcl_report = hcl_report,
          .certificates = evidence.certificates,
          .revocation_lists = evidence.revocation_lists,
          .rules = evidence.rules,
          .now = evidence.now};
}

CheckList judge(const Case& evidence, const Parts& parts) {
  CheckList checks("azure-snp-vtpm");
  verify_azure_snp_vtpm({.hcl = hcl_input(evidence, parts.hcl_report),
                         .tpm_quote = parts.quote,
                         .tpm_signature = parts.signature,
                         .pcr_values = parts.pcrs,
                         .qualifying_data = parts.qualifying_data},
                        checks);
  return checks;
}

void expect_hcl(const HclReport& report, const Json& want) {
  EXPECT_EQ(report.header.version, want["ver"]);
  EXPECT_EQ(report.header.report_size, want["rsize"]);
  EXPECT_EQ(report.header.data_size, want["data_size"]);
  EXPECT_EQ(static_cast<int>(report.header.hardware), want["hwtype"]);
  EXPECT_EQ(static_cast<int>(report.header.hash) + 1, want["hashtype"]);
  EXPECT_EQ(report.runtime_data.size(), want["var_size"]);
  EXPECT_EQ(to_hex(crypto::sha256(report.runtime_data)), want["var_hash"]);
}

template <class T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

void expect_runtime(const HclRuntime& runtime, const Json& want) {
  const Json& configuration = want["vm_configuration"];
  EXPECT_EQ(optional_json(runtime.secure_boot), configuration.value("secure-boot", Json()));
  EXPECT_EQ(optional_json(runtime.tpm_enabled), configuration.value("tpm-enabled", Json()));
  EXPECT_EQ(optional_json(runtime.tpm_persisted), configuration.value("tpm-persisted", Json()));
  EXPECT_EQ(optional_json(runtime.console_enabled), configuration.value("console-enabled", Json()));
  EXPECT_EQ(optional_json(runtime.vm_unique_id), configuration.value("vmUniqueId", Json()));
  EXPECT_EQ(optional_json(runtime.root_cert_thumbprint), configuration.value("root-cert-thumbprint", Json()));
  ASSERT_TRUE(runtime.user_data);
  EXPECT_EQ(to_hex(*runtime.user_data), want["user_data"]);
  EXPECT_EQ(Json(runtime.key_ids), want["key_ids"]);
}

void expect_quote(const TpmQuote& quote, const Json& want) {
  EXPECT_EQ(to_hex(quote.qualified_signer), want["qualified_signer"]);
  EXPECT_EQ(to_hex(quote.extra_data), want["extra_data"]);
  EXPECT_EQ(quote.clock, want["clock"]);
  EXPECT_EQ(quote.reset_count, want["reset"]);
  EXPECT_EQ(quote.restart_count, want["restart"]);
  EXPECT_EQ(quote.clock_safe, want["safe"] == 1);
  EXPECT_EQ(fmt::format("{:#x}", quote.firmware_version), want["firmware"]);
  EXPECT_EQ(to_hex(quote.pcr_digest), want["pcr_digest"]);
  Json selections = Json::array();
  for (const auto& selection : quote.selections) {
    Json pcrs = Json::array();
    for (const auto pcr : selection.pcrs) pcrs.push_back(pcr);
    selections.push_back({fmt::format("{:#x}", selection.hash), std::move(pcrs)});
  }
  EXPECT_EQ(selections, want["pcr_select"]);
}

crypto::PublicKey key_of_pem(ByteView pem_bytes) {
  std::string base64;
  std::istringstream lines{std::string(as_text(pem_bytes))};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("-----")) base64 += line;
  }
  return crypto::PublicKey::from_spki(from_base64(base64).value()).value();
}

class GenuineAzureSnp : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    if (!is_here()) GTEST_SKIP() << "no genuine evidence beside the project";
  }
};

TEST_P(GenuineAzureSnp, IsDecodedAndJudgedAsItsCaseSays) {
  const Case evidence(GetParam());
  const Parts parts(evidence);
  const auto report = HclReport::parse(parts.hcl_report);
  ASSERT_TRUE(report) << report.error().detail;
  expect_hcl(*report, evidence.expected()["hcl"]);
  expect_runtime(report->runtime, evidence.expected()["runtime"]);
  EXPECT_EQ(report->runtime.attestation_key.spki(), key_of_pem(evidence.part("ak_pub.pem")).spki());
  const auto quote = TpmQuote::parse(parts.quote);
  ASSERT_TRUE(quote) << quote.error().detail;
  expect_quote(*quote, evidence.expected()["tpm"]);
  expect_verdict(evidence, judge(evidence, parts));
}

TEST_P(GenuineAzureSnp, CarriesExactlyItsQualifyingData) {
  const Case evidence(GetParam());
  Parts parts(evidence);
  parts.qualifying_data = TpmQuote::parse(parts.quote)->extra_data;
  EXPECT_EQ(failure(judge(evidence, parts)), "accepted");
  parts.qualifying_data->push_back(0);
  EXPECT_EQ(failure(judge(evidence, parts)), "binding.qualifying_data");
}

TEST_P(GenuineAzureSnp, HoldsPcrsAgainstThePolicy) {
  Case evidence(GetParam());
  const Parts parts(evidence);
  Digest32 pcr4;
  std::copy_n(parts.pcrs.begin() + 4 * 32, 32, pcr4.begin());
  evidence.rules.pcrs[4].value = {Digest32{}, pcr4};
  EXPECT_EQ(failure(judge(evidence, parts)), "accepted");
  evidence.rules.pcrs[5].value = {pcr4};
  EXPECT_EQ(failure(judge(evidence, parts)), "policy.pcr.5");
}

INSTANTIATE_TEST_SUITE_P(Cases, GenuineAzureSnp,
                         ::testing::Values("az-snp-milan", "az-snp-genoa", "az-snp-milan-v2report"),
                         [](const auto& cases) { return test_name(cases.param); });

class GenuineAzure : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_here()) GTEST_SKIP() << "no genuine evidence beside the project";
  }
};

TEST_F(GenuineAzure, RefusesTheMutationsOfTheManifest) {
  int judged = 0;
  for (const Json& mutation : manifest()["mutations"]) {
    if (mutation["base"] != "az-snp-milan") continue;
    const Case evidence("az-snp-milan");
    Parts parts(evidence);
    Bytes& part = mutation["file"] == "hcl_report.bin" ? parts.hcl_report : parts.quote;
    part = mutated(mutation, part);
    const std::string found = failure(judge(evidence, parts));
    EXPECT_TRUE(in_groups(mutation, found)) << mutation["id"] << ": " << found;
    ++judged;
  }
  EXPECT_EQ(judged, 2);
}

// Around the hardware report, which has a signature of its own: what is not hashed, the headers and the zeros at the
// end, has one good value each.
TEST_F(GenuineAzure, RefusesEveryBitFlipAroundTheHardwareReport) {
  const Bytes genuine = file("az-snp-milan/hcl_report.bin");
  const auto report_data = SnpReport::parse(HclReport::parse(genuine)->hardware_report)->report_data;
  CheckList unchanged("azure-hcl");
  ASSERT_TRUE(check_hcl_binding(*HclReport::parse(genuine), report_data, unchanged));
  for (std::size_t bit = 0; bit < 8 * genuine.size(); ++bit) {
    if (bit / 8 >= 0x20 && bit / 8 < 0x4C0) continue;
    const auto report = HclReport::parse(with_bit_flipped(genuine, bit));
    CheckList checks("azure-hcl");
    ASSERT_FALSE(report && check_hcl_binding(*report, report_data, checks)) << "bit " << bit;
  }
}

TEST_F(GenuineAzure, RefusesEveryBitFlipOfAQuoteItsSignatureAndItsPcrs) {
  const Case evidence("az-snp-genoa");
  Parts parts(evidence);
  const auto report = HclReport::parse(parts.hcl_report).value();
  for (Bytes* part : {&parts.quote, &parts.signature, &parts.pcrs}) {
    const Bytes genuine = *part;
    for (std::size_t bit = 0; bit < 8 * genuine.size(); ++bit) {
      *part = with_bit_flipped(genuine, bit);
      CheckList checks("tpm2-quote");
      verify_tpm_quote({.attest = parts.quote,
                        .signature = parts.signature,
                        .attestation_key = report.runtime.attestation_key,
                        .qualifying_data = std::nullopt,
                        .pcr_values = parts.pcrs,
                        .pcrs = evidence.rules.pcrs},
                       checks);
      ASSERT_NE(failure(checks), "accepted") << "bit " << bit;
    }
    *part = genuine;
  }
}

TEST_F(GenuineAzure, RefusesAQuoteOfAnotherGuest) {
  const Case evidence("az-snp-milan");
  Parts parts(evidence);
  parts.hcl_report = Parts(Case("az-snp-milan-v2report")).hcl_report;
  const Case other("az-snp-milan-v2report");
  EXPECT_EQ(failure(judge(other, parts)), "signature.tpm_quote");
}

TEST_F(GenuineAzure, ReadsTheOlderReportAndRefusesAnotherChipsCertificate) {
  Case evidence("az-snp-milan-hcl-short");
  const Bytes bytes = evidence.part("hcl_report.bin");
  const auto report = HclReport::parse(bytes);
  ASSERT_TRUE(report) << report.error().detail;
  expect_hcl(*report, evidence.expected()["hcl"]);
  EXPECT_EQ(report->runtime.key_ids, std::vector<std::string>{"HCLAkPub"});
  EXPECT_FALSE(report->runtime.user_data);
  CheckList binding("azure-hcl");
  EXPECT_TRUE(check_hcl_binding(*report, SnpReport::parse(report->hardware_report)->report_data, binding));
  CheckList checks("azure-hcl");
  verify_azure_hcl(hcl_input(evidence, bytes), checks);
  expect_verdict(evidence, checks);
}

TEST_F(GenuineAzure, RefusesTheHardwareReportOfAnotherKind) {
  const Case evidence("az-snp-milan");
  CheckList checks("azure-hcl");
  const Bytes bytes = file("az-tdx-spr/hcl_report.bin");
  verify_azure_hcl(hcl_input(evidence, bytes), checks);
  EXPECT_EQ(failure(checks), "parse.hcl_hardware");
}

TEST_F(GenuineAzure, DecodesTheTdReportsOfItsTdxGuests) {
  for (const std::string_view id : {"az-tdx-spr", "az-tdx-emr-hcl"}) {
    const Json& expected = case_named(id)["expected"];
    const auto report = HclReport::parse(file(std::string(id) + "/hcl_report.bin"));
    ASSERT_TRUE(report) << report.error().detail;
    expect_hcl(*report, expected["hcl"]);
    ASSERT_TRUE(report->td_report);
    const TdReport& td = *report->td_report;
    const Json& want = expected["tdreport"];
    EXPECT_EQ(td.subtype, want["subtype"]);
    EXPECT_EQ(td.version, want["version"]);
    EXPECT_EQ(to_hex(td.cpu_svn), want["cpusvn"]);
    EXPECT_EQ(to_hex(td.tee_tcb_info_hash), want["tee_tcb_info_hash"]);
    EXPECT_EQ(to_hex(td.tee_info_hash), want["tee_info_hash"]);
    EXPECT_EQ(to_hex(td.report_data), want["report_data"]);
    EXPECT_EQ(to_hex(td.mac), want["mac"]);
    EXPECT_EQ(to_hex(td.tee_tcb_info), want["tee_tcb_info"]);
    EXPECT_EQ(to_hex(td.attributes), want["attributes"]);
    EXPECT_EQ(to_hex(td.xfam), want["xfam"]);
    EXPECT_EQ(to_hex(td.mrtd), want["mrtd"]);
    EXPECT_EQ(to_hex(td.mrconfigid), want["mrconfigid"]);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(to_hex(td.rtmrs[i]), want[fmt::format("rtmr{}", i)]);
    EXPECT_TRUE(td.hashes_hold());
    CheckList checks("azure-tdx-vtpm");
    EXPECT_TRUE(check_hcl_binding(*report, td.report_data, checks));
  }
}

TEST_F(GenuineAzure, NoticesEveryBitFlipOfTheHashedPartsOfATdReport) {
  const Bytes hcl = file("az-tdx-spr/hcl_report.bin");
  const ByteView genuine = ByteView(hcl).subspan(0x20, TdReport::kSize);
  for (std::size_t bit = 0; bit < 8 * genuine.size(); ++bit) {
    const std::size_t at = bit / 8;
    const bool hashed = (at >= 32 && at < 128) || (at >= 256 && at < 495) || at >= 512;
    const auto report = TdReport::parse(with_bit_flipped(genuine, bit));
    ASSERT_TRUE(!hashed || !report || !report->hashes_hold()) << "bit " << bit;
  }
}

CheckList judge_quote(const Case& evidence, const std::string& stem) {
  const Bytes quote = evidence.part(stem + ".msg");
  const Bytes signature = evidence.part(stem + ".sig");
  const Bytes pcrs = selected_pcrs(TpmQuote::parse(quote).value(), evidence.part("pcrs.json"));
  const auto key = key_of_pem(evidence.part("ak_pub.pem"));
  CheckList checks("tpm2-quote");
  verify_tpm_quote({.attest = quote,
                    .signature = signature,
                    .attestation_key = key,
                    .qualifying_data = to_bytes("challenge"),
                    .pcr_values = pcrs,
                    .pcrs = evidence.rules.pcrs},
                   checks);
  return checks;
}

TEST_F(GenuineAzure, VerifiesAQuoteAloneAndRefusesAnotherTpms) {
  const Case evidence("tpm-quote-azure-rsa");
  expect_quote(TpmQuote::parse(evidence.part("tpm_quote.msg")).value(), evidence.expected()["tpm"]);
  expect_quote(TpmQuote::parse(evidence.part("other_quote.msg")).value(), evidence.expected()["other"]);
  expect_verdict(evidence, judge_quote(evidence, "tpm_quote"));
  EXPECT_EQ(failure(judge_quote(evidence, "other_quote")), "signature.tpm_quote");
}

CheckList judge_ak(const Case& evidence, ByteView certificate, const crypto::PublicKey* key = nullptr) {
  CheckList checks("azure-ak-cert");
  verify_azure_ak_certificate(
      {.certificate = certificate, .certificates = evidence.certificates, .attestation_key = key, .now = evidence.now},
      checks);
  return checks;
}

TEST_F(GenuineAzure, VerifiesTheCertificateOfAnAttestationKey) {
  Case evidence("az-ak-certificate");
  Bytes bytes = evidence.part("ak_cert.der");
  const auto certificate = crypto::Certificate::from_der(bytes).value();
  EXPECT_EQ(certificate.subject_name(), evidence.expected()["subject"]);
  EXPECT_EQ(certificate.issuer_name(), evidence.expected()["issuer"]);
  expect_verdict(evidence, judge_ak(evidence, bytes));
  const auto key = certificate.public_key().value();
  const auto other = key_of_pem(file("az-snp-milan/ak_pub.pem"));
  EXPECT_EQ(failure(judge_ak(evidence, bytes, &key)), "accepted");
  EXPECT_EQ(failure(judge_ak(evidence, bytes, &other)), "binding.attestation_key");
  bytes.resize(4096);  // as the vTPM gives it
  EXPECT_EQ(failure(judge_ak(evidence, bytes)), "accepted");
  bytes.back() = 1;
  EXPECT_EQ(failure(judge_ak(evidence, bytes)), "parse.ak_certificate");
  evidence.now = time_of("2026-10-29T00:00:01Z");
  EXPECT_EQ(failure(judge_ak(evidence, evidence.part("ak_cert.der"))), "chain.path");
}

}  // namespace
}  // namespace minions::attestation
