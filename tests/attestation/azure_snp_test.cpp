// Reports of a paravisor of the tests' own, from the hardware's report to the quote.
#include "attestation/azure/paravisor.h"
#include "attestation/snp_evidence.h"
#include "attestation/synthetic_snp.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

using namespace synthetic_snp;
using snp_evidence::failure;

constexpr std::size_t kRequestData = 0x4C0;
constexpr std::size_t kIdKeyDigestAt = 0xE0;

std::string hcl_failure(const Platform& platform, ByteView report) {
  const auto certificates = platform.certificates();
  const auto roots = root_of(certificates);
  const SnpRules rules;
  CheckList checks("azure-hcl");
  verify_azure_hcl({.hcl_report = report,
                    .certificates = certificates,
                    .revocation_lists = {},
                    .rules = rules,
                    .now = kNow,
                    .roots = roots},
                   checks);
  return failure(checks);
}
std::string hcl_failure(const Paravisor& paravisor) { return hcl_failure(paravisor.platform, paravisor.report()); }

struct Vtpm {
  Paravisor paravisor;
  Quote quote;
  SigningKey quote_key = SigningKey::rsa();
  SnpRules rules;

  [[nodiscard]] std::string judged() const {
    const auto certificates = paravisor.platform.certificates();
    const auto roots = root_of(certificates);
    const Bytes hcl = paravisor.report();
    const Bytes attest = quote.attest();
    const Bytes signature = quote_key.sign_rsa_pkcs1(crypto::HashAlgorithm::kSha256, attest);
    CheckList checks("azure-snp-vtpm");
    verify_azure_snp_vtpm({.hcl = {.hcl_report = hcl,
                                   .certificates = certificates,
                                   .revocation_lists = {},
                                   .rules = rules,
                                   .now = kNow,
                                   .roots = roots},
                           .tpm_quote = attest,
                           .tpm_signature = signature,
                           .pcr_values = quote.pcr_values,
                           .qualifying_data = to_bytes("challenge")},
                          checks);
    return failure(checks);
  }
};

TEST(AzureSnp, AcceptsItsOwnChain) { EXPECT_EQ(Vtpm{}.judged(), "accepted"); }

// Anybody with an SNP machine can run a program of his own that writes such a report.
TEST(AzureSnp, RefusesAParavisorOfSomebodyElse) {
  Vtpm forged;
  forged.paravisor.platform.put(kIdKeyDigestAt, Bytes(48, 0));
  EXPECT_EQ(forged.judged(), "policy.paravisor");
  forged.paravisor.platform.put(kIdKeyDigestAt, Bytes(48, 0x77));
  EXPECT_EQ(forged.judged(), "policy.paravisor");
}

// The guest asks for reports, too, at its own level, and can put any key and any registers beside one.
TEST(AzureSnp, RefusesAReportThatTheGuestAskedForItself) {
  for (const std::uint32_t vmpl : {1U, 2U, 3U}) {
    Vtpm own;
    own.paravisor.platform.set<std::uint32_t>(0x30, vmpl);
    own.rules.vmpl = Rule<std::uint64_t>{vmpl, "policy line 1"};
    own.rules.max_vmpl = {3, "policy line 2"};
    EXPECT_EQ(own.judged(), "policy.paravisor") << vmpl;
    Measurement measurement;
    measurement.fill(0x55);
    own.paravisor.platform.put(0x90, measurement);
    own.rules.measurements = Rule<std::vector<Measurement>>{{measurement}, "policy line 3"};
    EXPECT_EQ(own.judged(), "policy.paravisor") << vmpl << ", measured";
  }
}

TEST(AzureSnp, TakesTheParavisorThatThePolicyNamesInPlaceOfMicrosofts) {
  Vtpm own;
  own.paravisor.platform.put(kIdKeyDigestAt, Bytes(48, 0x77));
  Measurement key;
  key.fill(0x77);
  own.rules.id_key_digests = Rule<std::vector<Measurement>>{{key}, "policy line 1"};
  EXPECT_EQ(own.judged(), "accepted");
  own.paravisor.platform.put(kIdKeyDigestAt, azure_id_key_digests().front());
  EXPECT_EQ(own.judged(), "policy.paravisor");
  Vtpm measured;
  Measurement measurement;
  measurement.fill(0x55);
  measured.paravisor.platform.put(0x90, measurement);
  measured.rules.measurements = Rule<std::vector<Measurement>>{{measurement}, "policy line 1"};
  EXPECT_EQ(measured.judged(), "accepted");
  measured.paravisor.platform.put(0x90, Bytes(48, 0x56));
  EXPECT_EQ(measured.judged(), "policy.paravisor");
}

TEST(AzureSnp, WantsSecureBootUnlessThePolicyDoesWithout) {
  for (const auto& [json, want] :
       {std::pair{"", "policy.secure_boot"}, std::pair{",\"vm-configuration\":{}", "policy.secure_boot"},
        std::pair{",\"vm-configuration\":{\"secure-boot\":false}", "policy.secure_boot"},
        std::pair{",\"vm-configuration\":{\"secure-boot\":true}", "accepted"}}) {
    Vtpm vtpm;
    const Json keys = Json::parse(vtpm.paravisor.runtime_json)["keys"];
    vtpm.paravisor.runtime_json = "{\"keys\":" + keys.dump() + json + "}";
    EXPECT_EQ(vtpm.judged(), want) << json;
    vtpm.rules.require_secure_boot.value = false;
    EXPECT_EQ(vtpm.judged(), "accepted") << json;
  }
}

TEST(AzureSnp, RefusesEachBrokenLink) {
  Vtpm other_chip;
  other_chip.paravisor.platform.report[0x1A0] ^= 1;
  EXPECT_EQ(other_chip.judged(), "binding.chip_id");
  Vtpm replayed;
  replayed.quote.extra_data = to_bytes("earlier");
  EXPECT_EQ(replayed.judged(), "binding.qualifying_data");
  Vtpm debug;
  debug.paravisor.platform.set<std::uint64_t>(0x08, 0xB0000);
  EXPECT_EQ(debug.judged(), "policy.debug");
  Vtpm other_boot;
  other_boot.rules.pcrs[4].value = {Digest32{}};
  EXPECT_EQ(other_boot.judged(), "policy.pcr.4");
}

TEST(AzureSnp, RefusesAQuoteByAKeyThatTheReportDoesNotName) {
  Vtpm vtpm;
  const std::string::size_type n = vtpm.paravisor.runtime_json.find("\"n\":\"") + 40;
  char& digit = vtpm.paravisor.runtime_json[n];
  digit = digit == 'A' ? 'B' : 'A';
  EXPECT_EQ(vtpm.judged(), "signature.tpm_quote");
}

TEST(HclReport, IsReadInEachSizeAndWithEachHash) {
  for (const std::size_t size : {0U, 2048U, 2600U, 4096U}) {
    EXPECT_EQ(hcl_failure(Paravisor{.size = size}), "accepted") << size;
  }
  for (const std::uint32_t hash : {1U, 2U, 3U})
    EXPECT_EQ(hcl_failure(Paravisor{.hash_type = hash}), "accepted") << hash;
}

TEST(HclReport, RefusesFieldsOutOfRange) {
  const Paravisor paravisor;
  const Bytes genuine = paravisor.report();
  struct Broken {
    std::size_t offset;
    std::uint8_t value;
  };
  for (const auto& [offset, value] :
       {Broken{0x00, 'h'}, Broken{0x04, 0}, Broken{0x04, 3}, Broken{0x08, 0}, Broken{0x0A, 1}, Broken{0x0C, 1},
        Broken{0x10, 1}, Broken{0x14, 1}, Broken{0x1F, 1}, Broken{kRequestData, 0}, Broken{kRequestData + 2, 1},
        Broken{kRequestData + 4, 2}, Broken{kRequestData + 8, 1}, Broken{kRequestData + 8, 3},
        Broken{kRequestData + 12, 0}, Broken{kRequestData + 12, 4}, Broken{kRequestData + 16, 0},
        Broken{kRequestData + 19, 1}}) {
    Bytes report = genuine;
    ASSERT_NE(report[offset], value);
    report[offset] = value;
    EXPECT_EQ(hcl_failure(paravisor.platform, report), "parse.hcl_report") << offset << " " << int{value};
  }
  Bytes report = genuine;
  report.back() = 1;
  EXPECT_EQ(hcl_failure(paravisor.platform, report), "parse.hcl_report");
  for (std::size_t offset = 0x14; offset < 0x20; ++offset) {
    Bytes reserved = genuine;
    reserved[offset] = 1;
    EXPECT_EQ(HclReport::parse(reserved).error().detail,
              fmt::format("hcl report: reserved: want zeros, found 0x01 at {:#x}", offset));
  }
}

TEST(HclReport, RefusesEveryTruncation) {
  const Bytes report = Paravisor{.size = 0}.report();
  EXPECT_TRUE(HclReport::parse(report));
  for (std::size_t size = 0; size < report.size(); ++size) EXPECT_FALSE(HclReport::parse(ByteView(report).first(size)));
}

TEST(HclReport, BindsTheRuntimeDataToTheHardware) {
  const Paravisor paravisor;
  const Bytes genuine = paravisor.report();
  Bytes report = genuine;
  const std::string_view text = as_text(report);
  report[text.find("\"vmUniqueId\":\"X\"") + 14] = 'Y';
  EXPECT_EQ(hcl_failure(paravisor.platform, report), "binding.runtime_data");
  // As another of the hashes.
  report = genuine;
  report[kRequestData + 12] = 2;
  EXPECT_EQ(hcl_failure(paravisor.platform, report), "binding.runtime_data");

  const auto parsed = HclReport::parse(genuine).value();
  ByteArray<64> report_data = parsed.expected_report_data();
  for (std::size_t i = 0; i < 64; ++i) {
    report_data[i] ^= 1;
    CheckList checks("azure-hcl");
    EXPECT_FALSE(check_hcl_binding(parsed, report_data, checks)) << i;
    report_data[i] ^= 1;
  }
}

// Zeros but for its type and the hashes of its two parts.
Bytes td_report() {
  Bytes report(TdReport::kSize);
  report[0] = 0x81;
  const auto put = [&](std::size_t offset, const ByteArray<48>& hash) {
    std::copy(hash.begin(), hash.end(), report.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  put(32, crypto::sha384({ByteView(report).subspan(256, 239)}));
  put(80, crypto::sha384({ByteView(report).subspan(512)}));
  return report;
}

TEST(TdReport, HoldsTheHashesOfItsParts) {
  const Bytes genuine = td_report();
  EXPECT_TRUE(TdReport::parse(genuine)->hashes_hold());
  for (const std::size_t offset : {32U, 79U, 80U, 127U, 256U, 399U, 512U, 959U}) {
    Bytes report = genuine;
    report[offset] ^= 1;
    EXPECT_FALSE(TdReport::parse(report)->hashes_hold()) << offset;
  }
}

// Its hashes are of the attester's own making: only a quote vouches for the rest.
TEST(TdReport, WantsZerosInReservedBytes) {
  for (const std::size_t offset : {3U, 15U, 192U, 223U, 400U, 494U, 511U, 960U, 1023U}) {
    Bytes report = td_report();
    report[offset] = 2;
    const auto parsed = TdReport::parse(report);
    ASSERT_FALSE(parsed) << offset;
    EXPECT_EQ(parsed.error().detail, fmt::format("tdreport reserved: want zeros, found 0x02 at {:#x}", offset));
  }
}

TEST(TdReport, RefusesOtherTypesAndSizes) {
  Bytes report = td_report();
  report.push_back(0);
  EXPECT_FALSE(TdReport::parse(report));
  report.resize(TdReport::kSize - 1);
  EXPECT_FALSE(TdReport::parse(report));
  report.resize(TdReport::kSize);
  report[0] = 0;
  EXPECT_FALSE(TdReport::parse(report));
}

TEST(HclReport, HoldsATdReportAndZerosOnTdx) {
  Bytes report = Paravisor().report();
  std::fill_n(report.begin() + 0x20, HclReport::kHardwareReportSize, std::uint8_t{0});
  const Bytes td = td_report();
  std::copy(td.begin(), td.end(), report.begin() + 0x20);
  report[kRequestData + 8] = 4;
  const auto parsed = HclReport::parse(report);
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_TRUE(parsed->td_report);
  EXPECT_EQ(hcl_failure(Platform(), report), "parse.hcl_hardware");
  report[0x20 + TdReport::kSize] = 1;
  EXPECT_FALSE(HclReport::parse(report));
}

TEST(HclRuntime, RefusesDataWithoutTheOneAttestationKey) {
  const std::string good = Paravisor{}.runtime_json;
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string json = good;
    const auto at = json.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return json.replace(at, from.size(), to);
  };
  ASSERT_TRUE(HclRuntime::parse(good));
  const std::string key = good.substr(9, good.find('}') - 8);
  for (const std::string& json :
       {replaced("HCLAkPub", "HCLEkPub"), replaced("\"RSA\"", "\"EC\""), replaced("AQAB", "Aw"),
        replaced("\"n\":\"", "\"n\":\"="), replaced("\"keys\":[", "\"keys\":[" + key + ","),
        replaced("\"keys\"", "\"Keys\""), replaced("\"secure-boot\":true", "\"secure-boot\":1"),
        replaced("\"vmUniqueId\":\"X\"", "\"vmUniqueId\":2"), replaced("AAAAAA\"}", "AAAA\"}"),
        replaced("AAAAAA\"}", "AAAAAG\"}"), replaced("{\"keys\"", "[{\"keys\""), good + " x", std::string()}) {
    EXPECT_FALSE(HclRuntime::parse(json)) << json;
  }
  for (const std::string& json : {replaced("\"sign\"", "\"encrypt\""), replaced("\"user-data\"", "\"other\""),
                                  replaced("\"vm-configuration\"", "\"other\"")}) {
    EXPECT_TRUE(HclRuntime::parse(json)) << json;
  }
}

TEST(AzureAkCertificate, RefusesAChainToAnotherRoot) {
  const auto root_key = SigningKey::p384();
  const CertificateSpec root{.subject = "Azure Virtual TPM Root Certificate Authority 2023",
                             .issuer = "Azure Virtual TPM Root Certificate Authority 2023",
                             .key = root_key,
                             .signer = root_key,
                             .ca = true};
  const CertificateSpec leaf{
      .subject = "vm", .issuer = root.subject, .key = SigningKey::rsa(), .signer = root_key, .serial = 2};
  const std::vector<crypto::Certificate> certificates = {root.make()};
  const auto roots = root_of(certificates);
  const Bytes der = leaf.make().der();
  AzureAkCertificateInput input{.certificate = der, .certificates = certificates, .now = kNow, .roots = roots};
  const auto judge = [&] {
    CheckList checks("azure-ak-cert");
    verify_azure_ak_certificate(input, checks);
    return failure(checks);
  };
  EXPECT_EQ(judge(), "accepted");
  input.now = kNow + 2 * kDay;
  EXPECT_EQ(judge(), "chain.path");
  input.now = kNow;
  input.roots = kAzureVtpmRoots;
  EXPECT_EQ(judge(), "chain.path");
}

}  // namespace
}  // namespace minions::attestation
