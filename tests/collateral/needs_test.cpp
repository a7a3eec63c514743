#include "collateral/needs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>

#include "attestation/core/verifier.h"
#include "attestation/nvidia/spdm_report.h"
#include "attestation/synthetic_nvidia.h"
#include "attestation/synthetic_snp.h"
#include "attestation/synthetic_tdx.h"
#include "base/encoding.h"
#include "support/paths.h"

namespace minions::collateral {
namespace {

using attestation::Endorsements;
using attestation::Evidence;
using attestation::PolicyRules;
using attestation::SnpProduct;
using attestation::SnpReport;
namespace synthetic_snp = attestation::synthetic_snp;
namespace nvidia = attestation::nvidia;
namespace opaque_field = attestation::opaque_field;

struct Asking {
  Evidence evidence;
  Endorsements endorsements;
  PolicyRules policy;
  UnixSeconds now = synthetic_snp::kNow;

  // Addresses without their base.
  [[nodiscard]] std::vector<std::string> urls() const {
    Sources sources;
    for (std::string* each :
         {&sources.amd, &sources.intel, &sources.intel_root, &sources.nvidia_rim, &sources.nvidia_ocsp, &sources.nras})
      *each = "B";
    std::vector<std::string> out;
    for (const Need& need : needs_of({evidence, endorsements, policy, now, sources})) out.push_back(need.url.substr(1));
    return out;
  }
};

using Urls = std::vector<std::string>;

using Pins = attestation::Rule<std::vector<Digest32>>;

Asking snp(const synthetic_snp::Platform& platform) {
  Asking asking;
  asking.policy.roots.amd = Pins{synthetic_snp::root_of(platform.certificates())};
  asking.evidence = {{"sev-snp", {{"report", platform.signed_report()}}}};
  return asking;
}

// Signed anew at each call: the pin is that of the certificate which is at hand.
void add_certificates(Asking& asking, const synthetic_snp::Platform& platform) {
  const auto certificates = platform.certificates();
  for (const auto& certificate : certificates) asking.endorsements["certificates"].push_back(certificate.der());
  asking.policy.roots.amd = Pins{synthetic_snp::root_of(certificates)};
}

TEST(AmdNeeds, AreTheCertificateOfChipAndTcbItsChainAndTheList) {
  synthetic_snp::Platform platform;
  const Bytes report = platform.signed_report();
  const SnpReport parsed = SnpReport::parse(report).value();
  const auto& tcb = parsed.reported_tcb;
  ASSERT_TRUE(parsed.product);
  EXPECT_EQ(snp(platform).urls(),
            (Urls{fmt::format("/vcek/v1/Milan/{}?blSPL={:02}&teeSPL={:02}&snpSPL={:02}&ucodeSPL={:02}",
                              to_hex(parsed.chip_id), tcb[0], tcb[1], tcb[6], tcb[7]),
                  "/vcek/v1/Milan/cert_chain", "/vcek/v1/Milan/crl"}));
}

TEST(AmdNeeds, OfTurinNameEightBytesOfTheChipAndTheFmc) {
  synthetic_snp::Platform platform(SnpProduct::kTurin);
  const SnpReport parsed = SnpReport::parse(platform.signed_report()).value();
  const auto& tcb = parsed.reported_tcb;
  EXPECT_EQ(snp(platform).urls().front(),
            fmt::format("/vcek/v1/Turin/{}?fmcSPL={:02}&blSPL={:02}&teeSPL={:02}&snpSPL={:02}&ucodeSPL={:02}",
                        to_hex(ByteView(parsed.chip_id).first(8)), tcb[0], tcb[1], tcb[2], tcb[3], tcb[7]));
}

TEST(AmdNeeds, OfAVlekAreTheChainAndTheListAlone) {
  const synthetic_snp::Platform platform(SnpProduct::kGenoa, SnpReport::SigningKey::kVlek);
  EXPECT_EQ(snp(platform).urls(), (Urls{"/vlek/v1/Genoa/cert_chain", "/vcek/v1/Genoa/crl"}));
}

TEST(AmdNeeds, AreNothingWhereAllIsAtHand) {
  const synthetic_snp::Platform platform;
  Asking asking = snp(platform);
  add_certificates(asking, platform);
  EXPECT_EQ(asking.urls(), Urls{"/vcek/v1/Milan/crl"});
}

Bytes list_of(const synthetic_snp::CertificateSpec& root, const synthetic_snp::SigningKey& signer) {
  return synthetic_snp::RevocationSpec{.issuer = root.subject, .signer = signer}.der();
}

// At hand means verified: a name alone keeps nobody from asking.
TEST(AmdNeeds, TakeAListForOneOnlyWhereItsSignatureVerifies) {
  const synthetic_snp::Platform platform;
  Asking asking = snp(platform);
  add_certificates(asking, platform);
  const auto with_list = [&](const Bytes& list) {
    asking.endorsements["revocation_lists"] = {list};
    return asking.urls();
  };
  const Urls asks = {"/vcek/v1/Milan/crl"};
  const Bytes good = list_of(platform.ark, platform.ark.key);
  EXPECT_EQ(with_list(good), Urls());
  EXPECT_EQ(with_list(to_bytes("-----BEGIN X509 CRL-----\n" + to_base64(good) + "\n-----END X509 CRL-----\n")), Urls());
  EXPECT_EQ(with_list(list_of(platform.ark, synthetic_snp::SigningKey::p384())), asks) << "the right name alone";
  EXPECT_EQ(with_list(to_bytes("junk")), asks);
  asking.now += 2 * synthetic_snp::kDay;
  EXPECT_EQ(with_list(good), asks) << "it has run out";
}

// Each list is verified by the root, of which anybody can send copies.
TEST(AmdNeeds, AreFoundInTimeForManyListsAndCopiesOfTheRoot) {
  const synthetic_snp::Platform platform;
  Asking asking = snp(platform);
  add_certificates(asking, platform);
  auto& certificates = asking.endorsements["certificates"];
  const Bytes root = certificates.back();
  certificates.resize(64, root);
  synthetic_snp::RevocationSpec list{.issuer = platform.ark.subject, .signer = platform.ask.key};
  for (long i = 0; i < 64; ++i) {
    list.serials = {1000 + i};
    asking.endorsements["revocation_lists"].push_back(list.der());
  }
  const std::clock_t start = std::clock();
  static_cast<void>(asking.urls());
  const double spent_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_LT(spent_s, 1) << "each by each copy takes three";
}

TEST(AmdNeeds, LackNoAuthorityThatIsBuiltIn) {
  const synthetic_snp::Platform platform;
  Asking asking = snp(platform);
  asking.policy.roots.amd.reset();
  const Urls urls = asking.urls();
  ASSERT_EQ(urls.size(), 2U);
  EXPECT_EQ(urls[1], "/vcek/v1/Milan/crl");
}

TEST(AmdNeeds, AskForAnotherCertificateWhereTheTcbDiffers) {
  synthetic_snp::Platform platform;
  Asking asking = snp(platform);
  add_certificates(asking, platform);
  platform.set<std::uint8_t>(0x187, 0xFE);  // microcode of REPORTED_TCB
  asking.evidence[0].data["report"] = platform.signed_report();
  EXPECT_TRUE(asking.urls().front().ends_with("&ucodeSPL=254"));
}

TEST(AmdNeeds, AskForNoCertificateOfAMaskedChip) {
  synthetic_snp::Platform platform;
  platform.put(0x1A0, Bytes(64));  // CHIP_ID
  EXPECT_EQ(snp(platform).urls(), (Urls{"/vcek/v1/Milan/cert_chain", "/vcek/v1/Milan/crl"}));
}

TEST(AmdNeeds, OfAReportThatCannotBeReadAreNothing) {
  Asking asking;
  asking.evidence = {
      {"sev-snp", {{"report", Bytes(100)}}}, {"azure-snp-vtpm", {{"hcl_report", Bytes(2600)}}}, {"tdx", {}}};
  EXPECT_TRUE(asking.urls().empty());
}

TEST(AmdNeeds, OfAzureComeFromTheReportInside) {
  synthetic_snp::Paravisor paravisor;
  Asking asking;
  asking.evidence = {{"azure-snp-vtpm", {{"hcl_report", paravisor.report()}}}};
  asking.policy.roots.amd = Pins{synthetic_snp::root_of(paravisor.platform.certificates())};
  EXPECT_EQ(asking.urls().size(), 3U);
  EXPECT_TRUE(asking.urls().front().starts_with("/vcek/v1/Milan/"));
}

struct Tdx : Asking {
  Tdx() {
    const attestation::tdx::Platform platform;
    now = attestation::tdx::kNow;
    const auto made = platform.evidence();
    evidence = {{"tdx", {{"quote", made.quote}}}};
    given = made.collateral;
    fmspc = to_hex(platform.pck.fmspc);
    policy.roots.intel = Pins{made.roots};
  }
  Endorsements given;
  std::string fmspc;
};

TEST(IntelNeeds, AreTheFourPieces) {
  const Tdx tdx;
  EXPECT_EQ(tdx.urls(), (Urls{"/tdx/certification/v4/tcb?fmspc=" + tdx.fmspc, "/tdx/certification/v4/qe/identity",
                              "/sgx/certification/v4/pckcrl?ca=platform&encoding=der", "/IntelSGXRootCA.der"}));
}

TEST(IntelNeeds, AreThePiecesThatLackOrHaveRunOut) {
  Tdx tdx;
  tdx.endorsements = tdx.given;
  EXPECT_TRUE(tdx.urls().empty());
  tdx.endorsements.erase("tcb_info_issuer_chain");
  EXPECT_EQ(tdx.urls(), Urls{"/tdx/certification/v4/tcb?fmspc=" + tdx.fmspc});
  tdx.endorsements = tdx.given;
  tdx.now += std::int64_t{365} * 24 * 3600;
  EXPECT_EQ(tdx.urls().size(), 4U);
}

TEST(IntelNeeds, TakeForOneWhatFitsAndVerifiesAlone) {
  namespace tdx = attestation::tdx;
  const Tdx good;
  const auto urls_with = [&](const std::string& name, const tdx::Platform& platform) {
    Tdx asking = good;
    asking.endorsements = good.given;
    asking.endorsements[name] = {platform.evidence().collateral[name].front()};
    return asking.urls();
  };
  const Urls tcb = {"/tdx/certification/v4/tcb?fmspc=" + good.fmspc};
  tdx::Platform signed_by_another;
  signed_by_another.tcb_info_signer = signed_by_another.pck_key;
  EXPECT_EQ(urls_with("tcb_info", signed_by_another), tcb);
  tdx::Platform of_another;
  of_another.tcb_info["fmspc"] = "00806F050001";
  EXPECT_EQ(urls_with("tcb_info", of_another), tcb);
  tdx::Platform list_of_another;
  list_of_another.pck_crl_signer = list_of_another.root_key;
  list_of_another.root_crl_signer = list_of_another.ca_key;
  EXPECT_EQ(urls_with("pck_crl", list_of_another), Urls{"/sgx/certification/v4/pckcrl?ca=platform&encoding=der"});
  EXPECT_EQ(urls_with("root_ca_crl", list_of_another), Urls{"/IntelSGXRootCA.der"});
  // Any entry will do, wherever it stands.
  Tdx second = good;
  second.endorsements = good.given;
  auto& infos = second.endorsements["tcb_info"];
  infos.insert(infos.begin(), of_another.evidence().collateral["tcb_info"].front());
  EXPECT_EQ(second.urls(), Urls());
}

struct GpuAsking : Asking {
  GpuAsking() {
    now = 1'800'000'000;
    policy.roots.nvidia_device = Pins{{root.sha256()}};
    policy.roots.nvidia_rim = Pins{signer.roots()};
    policy.gpu.ocsp.value = attestation::OcspMode::kOff;
    nvidia::ReportParts parts;
    parts.set_opaque(opaque_field::kProjectSku, to_bytes(std::string_view("0200\0", 5)));
    parts.set_opaque(opaque_field::kChipSku, to_bytes(std::string_view("885\0", 4)));
    Bytes report = parts.encode();
    append(report, leaf.sign(report));
    evidence = {{"nvidia-gpu", {{"report", report}, {"cert_chain", to_bytes(leaf.pem() + root.pem())}}}};
  }
  nvidia::RimSigner signer;
  nvidia::Identity root{"device root", {}};
  nvidia::Identity leaf{"GH100 A01 GSP FMC LF", {.issuer = &root, .is_ca = false}};
};

TEST(NvidiaNeeds, AreReferenceValuesOfDriverAndVbios) {
  GpuAsking gpu;
  EXPECT_EQ(gpu.urls(),
            (Urls{"/v1/rim/NV_GPU_DRIVER_GH100_550.1.02", "/v1/rim/NV_GPU_VBIOS_1010_0200_885_96009F0001"}));
  gpu.evidence.push_back(gpu.evidence.front());
  EXPECT_EQ(gpu.urls().size(), 2U) << "two GPUs of a kind ask once";
  gpu.policy.gpu.rim.value = attestation::RimMode::kIfPresent;
  EXPECT_TRUE(gpu.urls().empty());
}

TEST(NvidiaNeeds, OfBlackwellNameItsChip) {
  GpuAsking gpu;
  const nvidia::Identity leaf("GB100 A01 GSP FMC LF", {.issuer = &gpu.root, .is_ca = false});
  gpu.evidence[0].data["cert_chain"] = to_bytes(leaf.pem() + gpu.root.pem());
  EXPECT_EQ(gpu.urls().front(), "/v1/rim/NV_GPU_CC_DRIVER_GB100_550.1.02");
}

TEST(NvidiaNeeds, OfBlackwellAreNamedByChipInfo) {
  GpuAsking gpu;
  const nvidia::Identity leaf("GB100 A01 GSP FMC LF", {.issuer = &gpu.root, .is_ca = false});
  nvidia::ReportParts parts;
  parts.set_opaque(opaque_field::kChipInfo, to_bytes(std::string_view("GB202\0", 6)));
  Bytes report = parts.encode();
  append(report, leaf.sign(report));
  gpu.evidence[0].data = {{"report", report}, {"cert_chain", to_bytes(leaf.pem() + gpu.root.pem())}};
  EXPECT_EQ(gpu.urls().front(), "/v1/rim/NV_GPU_CC_DRIVER_GB202_550.1.02");
  const nvidia::Identity hopper("GH100 A01 GSP FMC LF", {.issuer = &gpu.root, .is_ca = false});
  gpu.evidence[0].data["cert_chain"] = to_bytes(hopper.pem() + gpu.root.pem());
  EXPECT_EQ(gpu.urls().front(), "/v1/rim/NV_GPU_DRIVER_GH100_550.1.02") << "Hopper has one id for all";
}

TEST(NvidiaNeeds, OfGenuineBlackwellAreThoseOfItsChipAndVbios) {
  const auto folder = test::shared_folder() / "evidence" / "gpu-blackwell-575";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  const auto read = [&](const char* name) {
    std::ifstream file(folder / name, std::ios::binary);
    return to_bytes(std::string(std::istreambuf_iterator<char>(file), {}));
  };
  GpuAsking gpu;
  gpu.evidence[0].data = {{"report", read("report.bin")}, {"cert_chain", read("cert_chain.pem")}};
  EXPECT_EQ(gpu.urls(),
            (Urls{"/v1/rim/NV_GPU_CC_DRIVER_GB100_575.32", "/v1/rim/NV_GPU_VBIOS_G525_0220_886_970088000F"}));
}

TEST(NvidiaNeeds, AreAnOcspAnswerAboutEachCertificateUnderTheRoot) {
  GpuAsking gpu;
  gpu.policy.gpu.rim.value = attestation::RimMode::kOff;
  gpu.policy.gpu.ocsp.value = attestation::OcspMode::kRequire;
  EXPECT_EQ(gpu.urls(), Urls{"/"});
  gpu.endorsements["ocsp"] = {gpu.root.answer(gpu.leaf, gpu.root, {})};
  EXPECT_TRUE(gpu.urls().empty());
  gpu.now = 1'800'001'000;
  EXPECT_EQ(gpu.urls(), Urls{"/"}) << "an answer that has run out is asked for anew";
}

TEST(NvidiaNeeds, TakeForAnAnswerOnlyWhatAnIssuerSigned) {
  GpuAsking gpu;
  gpu.policy.gpu.rim.value = attestation::RimMode::kOff;
  gpu.policy.gpu.ocsp.value = attestation::OcspMode::kRequire;
  const nvidia::Identity ca("device ca", {.issuer = &gpu.root});
  const nvidia::Identity leaf("GH100 A01 GSP FMC LF", {.issuer = &ca, .is_ca = false});
  gpu.evidence[0].data["cert_chain"] = to_bytes(leaf.pem() + ca.pem() + gpu.root.pem());
  const std::map<std::string, Bytes> for_ocsp = {
      {"2.5.29.37", {0x30, 0x0A, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09}}};
  const nvidia::Identity responder("responder", {.issuer = &ca, .is_ca = false, .extensions = for_ocsp});
  gpu.endorsements["ocsp"] = {responder.answer(leaf, ca, {}), responder.answer(ca, gpu.root, {})};
  EXPECT_EQ(gpu.urls(), Urls{"/"}) << "the revoked authority's own responder does not speak for it";
  gpu.endorsements["ocsp"].push_back(gpu.root.answer(ca, gpu.root, {}));
  EXPECT_EQ(gpu.urls(), Urls());
}

TEST(NvidiaNeeds, AreReferenceValuesThatVerifyAndAnswersAboutTheirSigners) {
  GpuAsking gpu;
  const Bytes driver = to_bytes(gpu.signer.sign(nvidia::rim_of("550.1.02", {7}).document()));
  const Bytes vbios = to_bytes(gpu.signer.sign(nvidia::rim_of("96.00.9F.00.01", {1}).document()));
  const Bytes junk = to_bytes(nvidia::RimSigner().sign(nvidia::rim_of("550.1.02", {7}).document()));
  gpu.endorsements["rims"] = {junk, vbios};
  EXPECT_EQ(gpu.urls(), Urls{"/v1/rim/NV_GPU_DRIVER_GH100_550.1.02"}) << "signed by somebody else";
  gpu.endorsements["rims"] = {driver, vbios};
  EXPECT_EQ(gpu.urls(), Urls());
  gpu.policy.gpu.ocsp.value = attestation::OcspMode::kRequire;
  EXPECT_EQ(gpu.urls(), (Urls{"/", "/", "/"})) << "leaf, RIM signer and its authority";
  gpu.endorsements["ocsp"] = gpu.signer.answers();
  EXPECT_EQ(gpu.urls(), Urls{"/"});
}

// A document may have both in numbers, and the verdict waits for the needs.
TEST(NvidiaNeeds, AreFoundInTimeForManyGpusWithManyAnswersAndReferenceValues) {
  GpuAsking gpu;
  gpu.policy.gpu.ocsp.value = attestation::OcspMode::kRequire;
  const auto item = gpu.evidence.front();
  gpu.evidence.resize(71, item);
  const nvidia::Identity other("another", {.issuer = &gpu.root, .is_ca = false});
  auto& answers = gpu.endorsements["ocsp"];
  answers.resize(1024, gpu.root.answer(other, gpu.root, {}));
  const Bytes rim = to_bytes(gpu.signer.sign(nvidia::rim_of("550.1.02", {7}).document()));
  const Bytes costly = to_bytes(gpu.signer.sign(nvidia::costly_xml()));
  gpu.endorsements["rims"].resize(63, costly);
  gpu.endorsements["rims"].push_back(rim);
  const std::clock_t start = std::clock();
  EXPECT_EQ(gpu.urls(), (Urls{"/v1/rim/NV_GPU_VBIOS_1010_0200_885_96009F0001", "/", "/", "/"}));
  const double spent_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_LT(spent_s, 20) << "once for each GPU takes minutes";
}

TEST(TokenNeeds, AreTheKeySetsOfTheServicesThatThePolicyNames) {
  Asking asking;
  asking.evidence = {{"nvidia-nras", {}}, {"azure-maa", {}}};
  EXPECT_EQ(asking.urls(), Urls{"/.well-known/jwks.json"});
  asking.policy.jwt.maa_issuer = {"https://x.attest.azure.net", "policy line 1"};
  EXPECT_EQ(asking.urls(), (Urls{"/.well-known/jwks.json", "ttps://x.attest.azure.net/certs"}));
}

}  // namespace
}  // namespace minions::collateral
