#include "attestation/nvidia/gpu.h"

#include <gtest/gtest.h>

#include "attestation/core/refusal.h"
#include "attestation/nvidia/spdm_report.h"
#include "attestation/nvidia_evidence.h"
#include "crypto/hash.h"

namespace minions::attestation::nvidia {
namespace {

void flip(Bytes& bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
}

TEST(NvidiaGpu, JudgesTheGenuineReportsAsTheirManifestSays) {
  const auto all = manifest();
  if (!all) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  int judged = 0;
  for (const Json& entry : (*all)["cases"]) {
    const std::string id = entry["id"].get<std::string>();
    const std::string kind = entry["kind"].get<std::string>();
    const bool combined = kind.find("gpu") != kind.npos && kind.find("tdx") != kind.npos;
    if (kind != "nvidia-gpu-spdm" && !combined) continue;
    SCOPED_TRACE(id);
    ++judged;
    GenuineGpu gpu(entry);
    const Json& expected = combined ? entry["expected"]["gpu"] : entry["expected"];
    if (expected.contains("nonce_expected") && expected["nonce_expected"].is_string())
      gpu.nonce = testing::hex_array<32>(expected["nonce_expected"]);
    const std::string failure = gpu.failure();
    if (entry["verdict"] == "accept") {
      EXPECT_EQ(failure, "accepted") << to_text(gpu.checks);
      EXPECT_TRUE(gpu.key);
    } else {
      EXPECT_NE(failure, "accepted");
      EXPECT_TRUE(fits(entry.value("check", Json()), failure)) << to_text(gpu.checks);
    }
  }
  EXPECT_GE(judged, 9);
}

TEST(NvidiaGpu, RefusesTheManifestsMutations) {
  const auto all = manifest();
  if (!all) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  int judged = 0;
  for (const Json& mutation : (*all)["mutations"]) {
    const Json& base = case_named(*all, mutation["base"].get<std::string>());
    if (base["kind"] != "nvidia-gpu-spdm" || mutation["file"] != "report.bin") continue;
    SCOPED_TRACE(mutation["id"]);
    ASSERT_EQ(mutation["op"], "xor");
    ++judged;
    GenuineGpu gpu(base);
    gpu.nonce = testing::hex_array<32>(base["expected"]["nonce_expected"]);
    auto& byte = gpu.report.at(mutation["offset"].get<std::size_t>());
    byte = static_cast<std::uint8_t>(byte ^ mutation["value"].get<unsigned>());
    EXPECT_TRUE(fits(mutation["check"], gpu.failure())) << to_text(gpu.checks);
  }
  EXPECT_GE(judged, 2);
}

TEST(NvidiaGpu, MatchesAll33MeasurementsOfTheFullCase) {
  const auto all = manifest();
  if (!all) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  GenuineGpu gpu(case_named(*all, "gpu-h100-full-rim"));
  gpu.rules.rim.value = RimMode::kRequire;
  EXPECT_EQ(gpu.failure(), "accepted") << to_text(gpu.checks);
  const std::string text = to_text(gpu.checks);
  EXPECT_NE(text.find("21 of 21 match"), text.npos) << text;
  EXPECT_NE(text.find("12 of 12 match"), text.npos) << text;

  GenuineGpu late = gpu;
  late.now = 1'750'982'400;  // 2025-06-27: both signers have expired
  EXPECT_EQ(late.failure(), "rim.file");
  EXPECT_NE(to_text(late.checks).find("expired"), std::string::npos);
  EXPECT_EQ(side_of(late.failed()), Side::kClock);

  GenuineGpu other = gpu;  // the same version of the VBIOS, another build
  other.rims[1] = evidence_file("gpu-h100-535/vbios_rim_96005E0001_PROD.swidtag");
  EXPECT_EQ(other.failure(), "rim.vbios");
  EXPECT_NE(to_text(other.checks).find("indices 1, 2, 3, 9 differ"), std::string::npos) << to_text(other.checks);

  GenuineGpu without = gpu;
  without.rims.pop_back();
  EXPECT_EQ(without.failure(), "rim.vbios");
  without.rules.rim.value = RimMode::kIfPresent;
  EXPECT_EQ(without.failure(), "accepted");
}

TEST(NvidiaGpu, TellsGenuineGpusApartByTheirKeys) {
  const auto all = manifest();
  if (!all) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  GenuineGpu first(case_named(*all, "gpu-multi-0"));
  GenuineGpu second(case_named(*all, "gpu-multi-1"));
  ASSERT_EQ(first.failure(), "accepted");
  ASSERT_EQ(second.failure(), "accepted");
  EXPECT_NE(first.key, second.key);
}

// A flip ends where the signature is judged, whatever it changes; the signature itself for every bit:
// bit_flip_test.cpp.
TEST(NvidiaGpu, RefusesBitFlipsOfAGenuineReportWithAllItsChecks) {
  const auto all = manifest();
  if (!all) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  GenuineGpu gpu(case_named(*all, "gpu-blackwell-575"));
  ASSERT_EQ(gpu.failure(), "accepted");
  const Bytes good = gpu.report;
  for (std::size_t bit = 0; bit < good.size() * 8; bit += 31) {
    gpu.report = good;
    flip(gpu.report, bit);
    const std::string failure = gpu.failure();
    EXPECT_TRUE(failure == "signature" || failure == "parse.report") << bit << failure;
  }
}

TEST(NvidiaGpu, AcceptsAValidGpu) {
  Gpu gpu;
  EXPECT_EQ(gpu.failure(), "accepted") << to_text(gpu.checks);
  EXPECT_EQ(gpu.key, crypto::sha256(gpu.spki));
  EXPECT_EQ(gpu.check("binding.fwid").outcome, Outcome::kPass);
  EXPECT_EQ(gpu.check("rim.driver").found, R"(3 of 3 match for "550.1.02")");
}

TEST(NvidiaGpu, RefusesASignatureThatDoesNotFit) {
  Gpu gpu;
  gpu.after_signing = [](Bytes& bytes) { bytes.back() ^= 1; };
  EXPECT_EQ(gpu.failure(), "signature");
  EXPECT_FALSE(gpu.key);
  gpu.after_signing = [](Bytes& bytes) { bytes[200] ^= 1; };
  EXPECT_EQ(gpu.failure(), "signature");
}

TEST(NvidiaGpu, RefusesAChainThatEndsElsewhere) {
  Gpu gpu;
  gpu.foreign_root = true;
  EXPECT_EQ(gpu.failure(), "chain");
  EXPECT_FALSE(gpu.key);
}

TEST(NvidiaGpu, RefusesACertificateThatIsOver) {
  Gpu gpu;
  gpu.leaf_not_after = gpu.now - 1;
  EXPECT_EQ(gpu.failure(), "chain");
}

TEST(NvidiaGpu, RefusesWhatAreNoCertificates) {
  Gpu gpu;
  gpu.chain_suffix = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  EXPECT_EQ(gpu.failure(), "parse.certificates");
}

TEST(NvidiaGpu, RefusesAReportThatCannotBeRead) {
  Gpu gpu;
  gpu.after_signing = [](Bytes& bytes) { bytes.pop_back(); };
  EXPECT_EQ(gpu.failure(), "parse.report");
}

TEST(NvidiaGpu, RefusesAnotherNonce) {
  Gpu gpu;
  gpu.report.nonce[31] ^= 1;
  EXPECT_EQ(gpu.failure(), "binding.nonce");
  EXPECT_TRUE(gpu.key) << "it is a GPU all the same";
  gpu.nonce.reset();
  EXPECT_EQ(gpu.failure(), "accepted");
  EXPECT_EQ(gpu.check("binding.nonce").outcome, Outcome::kWaived);
}

TEST(NvidiaGpu, ReadsTheFirmwareFromBothDiceExtensions) {
  Gpu gpu;
  gpu.leaf_extensions = {{"2.23.133.5.4.1.1", dice_tcb_info(gpu.fwid)}};
  EXPECT_EQ(gpu.failure(), "accepted") << to_text(gpu.checks);
}

TEST(NvidiaGpu, RefusesAKeyOfFirmwareThatWasNotSecure) {
  for (const unsigned flag : {0x40U, 0x20U, 0x10U, 0xF0U}) {  // notSecure, recovery, debug, and all
    Gpu gpu;
    gpu.leaf_extensions = {{"2.23.133.5.4.1.1", dice_tcb_info(gpu.fwid, static_cast<std::uint8_t>(flag))}};
    EXPECT_EQ(gpu.failure(), "binding.operational_flags") << flag;
  }
}

TEST(NvidiaGpu, RefusesAnotherFirmwareThanItsCertificateNames) {
  const Bytes other(48, 0x78);
  for (const std::map<std::string, Bytes>& extensions :
       {std::map<std::string, Bytes>{{"2.23.133.5.4.1", composite_device_id(other)}},
        std::map<std::string, Bytes>{{"2.23.133.5.4.1.1", dice_tcb_info(other)}}, std::map<std::string, Bytes>{},
        std::map<std::string, Bytes>{{"2.23.133.5.4.1", Bytes(48, 0x77)}},
        std::map<std::string, Bytes>{{"2.23.133.5.4.1.1", {0x30, 0x00}}},
        // Both at once: neither is believed.
        std::map<std::string, Bytes>{{"2.23.133.5.4.1", composite_device_id(Bytes(48, 0x77))},
                                     {"2.23.133.5.4.1.1", dice_tcb_info(Bytes(48, 0x77))}}}) {
    Gpu gpu;
    gpu.leaf_extensions = extensions;
    EXPECT_EQ(gpu.failure(), "binding.fwid");
  }
}

TEST(NvidiaGpu, SaysThatOldReportsNameNoFirmware) {
  Gpu gpu;
  gpu.report.drop_opaque(opaque_field::kFwid);
  gpu.leaf_extensions.clear();
  EXPECT_EQ(gpu.failure(), "accepted");
  EXPECT_EQ(gpu.check("binding.fwid").outcome, Outcome::kWaived);
}

TEST(NvidiaGpu, RefusesAMeasurementThatNoRimValueMatches) {
  Gpu gpu;
  gpu.report.blocks[21].value[0] ^= 1;  // RIM index 21
  EXPECT_EQ(gpu.failure(), "rim.driver");
  EXPECT_NE(gpu.check("rim.driver").found.find("indices 21 differ"), std::string::npos);
  gpu.report.blocks[21].value[0] ^= 1;
  gpu.report.blocks[9].value[47] ^= 1;
  EXPECT_EQ(gpu.failure(), "rim.vbios");
}

TEST(NvidiaGpu, RefusesAReportWithoutAMeasurementOfTheRim) {
  Gpu gpu;
  gpu.report.blocks.erase(gpu.report.blocks.begin() + 21);
  EXPECT_EQ(gpu.failure(), "rim.driver");
}

TEST(NvidiaGpu, LeavesOutIndex35OnlyWhileTheDecoderIsOff) {
  Gpu gpu;
  gpu.report.blocks[35].value[0] ^= 1;
  EXPECT_EQ(gpu.failure(), "accepted");
  EXPECT_NE(gpu.check("rim.driver").found.find("index 35 left out"), std::string::npos);
  gpu.report.set_opaque(opaque_field::kNvdec0Status, {0xAA});
  EXPECT_EQ(gpu.failure(), "rim.driver");
  gpu.report.drop_opaque(opaque_field::kNvdec0Status);
  EXPECT_EQ(gpu.failure(), "rim.driver");
}

TEST(NvidiaGpu, RefusesRimsOfOtherVersions) {
  Gpu gpu;
  gpu.rims[0] = gpu.signer.sign(rim_of("550.1.03", {7}).document());
  EXPECT_EQ(gpu.failure(), "rim.driver");
  gpu.rules.rim.value = RimMode::kIfPresent;
  EXPECT_EQ(gpu.failure(), "rim.driver") << "one of another version is not none";
}

// The RIMs of a machine with GPUs of several versions come together.
TEST(NvidiaGpu, PassesOverRimsOfOtherVersionsBesideItsOwn) {
  Gpu gpu;
  gpu.rims.push_back(gpu.signer.sign(rim_of("550.1.03", {8}).document()));
  gpu.rims.push_back(gpu.signer.sign(rim_of("96.00.9F.00.02", {8}).document()));
  EXPECT_EQ(gpu.failure(), "accepted") << to_text(gpu.checks);
}

TEST(NvidiaGpu, WantsEveryRimOfItsVersionToMatch) {
  Gpu gpu;
  RimParts other = rim_of("96.00.9F.00.01", {0});
  other.resources[0].values = {std::string(96, 'a')};
  gpu.rims.push_back(gpu.signer.sign(other.document()));
  EXPECT_EQ(gpu.failure(), "rim.vbios");
}

TEST(NvidiaGpu, RefusesAnIndexThatBothRimsClaim) {
  Gpu gpu;
  gpu.rims[1] = gpu.signer.sign(rim_of("96.00.9F.00.01", {0, 21}).document());
  EXPECT_EQ(gpu.failure(), "rim.indices");
}

TEST(NvidiaGpu, RefusesARimThatIsNotSigned) {
  Gpu gpu;
  gpu.rims[0].replace(gpu.rims[0].find("colloquialVersion=\"550.1.02"), 26, "colloquialVersion=\"550.1.03");
  EXPECT_EQ(gpu.failure(), "rim.file");
  EXPECT_EQ(side_of(gpu.check("rim.file")), Side::kEvidence);
}

TEST(NvidiaGpu, JudgesRimsAsThePolicySays) {
  Gpu gpu;
  gpu.rims.clear();
  gpu.rules.rim = {RimMode::kRequire, "policy line 3"};
  EXPECT_EQ(gpu.failure(), "rim.driver");
  EXPECT_EQ(gpu.check("rim.driver").source, "policy line 3");
  EXPECT_EQ(side_of(gpu.check("rim.driver")), Side::kService);
  gpu.rules.rim.value = RimMode::kIfPresent;
  EXPECT_EQ(gpu.failure(), "accepted");
  EXPECT_EQ(gpu.check("rim.driver").outcome, Outcome::kWaived);
  EXPECT_EQ(gpu.check("rim.vbios").outcome, Outcome::kWaived);
  gpu.rims = {"not xml"};
  EXPECT_EQ(gpu.failure(), "rim.file");
  gpu.rules.rim.value = RimMode::kOff;
  EXPECT_EQ(gpu.failure(), "accepted");
  EXPECT_EQ(gpu.check("rim").outcome, Outcome::kWaived);
}

TEST(NvidiaGpu, WantsAnOcspAnswerWhereThePolicyDoes) {
  Gpu gpu;
  gpu.rules.ocsp = {OcspMode::kRequire, "policy line 4"};
  EXPECT_EQ(gpu.failure(), "policy.ocsp");
  EXPECT_EQ(gpu.check("policy.ocsp").source, "policy line 4");
  gpu.rules.ocsp.value = OcspMode::kOff;
  EXPECT_EQ(gpu.failure(), "accepted");
  EXPECT_EQ(gpu.check("policy.ocsp").outcome, Outcome::kWaived);
}

TEST(NvidiaGpuRules, NameModelsAndLeastVersions) {
  const GpuDescription gpu{"GH100", "550.90.07", "96.00.9F.00.01"};
  const auto judged = [&](const std::function<void(GpuRules&)>& change) {
    GpuRules rules;
    change(rules);
    CheckList checks("nvidia-gpu");
    check_gpu_rules(gpu, rules, checks);
    return first_failure(std::move(checks).take());
  };
  EXPECT_EQ(judged([](GpuRules&) {}), "accepted");
  EXPECT_EQ(judged([](GpuRules& rules) { rules.models = {{"GB100", "GH100"}}; }), "accepted");
  EXPECT_EQ(judged([](GpuRules& rules) { rules.models = {{"GB100"}}; }), "policy.model");
  EXPECT_EQ(judged([](GpuRules& rules) { rules.models = {{"GH10"}}; }), "policy.model");
  for (const char* least : {"550.90.07", "550.90.7", "550.90", "535.300.99", "550.9.99"})
    EXPECT_EQ(judged([&](GpuRules& rules) { rules.min_driver = {least}; }), "accepted") << least;
  for (const char* least : {"550.90.08", "550.100", "560.0", "550.90.07.1", "newest"})
    EXPECT_EQ(judged([&](GpuRules& rules) { rules.min_driver = {least}; }), "policy.driver") << least;
  for (const char* least : {"96.00.9F.00.01", "96.00.99.00.02", "95.FF"})
    EXPECT_EQ(judged([&](GpuRules& rules) { rules.min_vbios = {least}; }), "accepted") << least;
  for (const char* least : {"96.00.A0.00.00", "96.00.9F.00.02", "97.00"})
    EXPECT_EQ(judged([&](GpuRules& rules) { rules.min_vbios = {least}; }), "policy.vbios") << least;
}

TEST(NvidiaGpuRules, AreJudgedOnWhatTheReportSays) {
  Gpu gpu;
  gpu.rules.rim.value = RimMode::kOff;
  gpu.rules.ocsp.value = OcspMode::kOff;
  ASSERT_EQ(gpu.failure(), "accepted");
  EXPECT_EQ(gpu.check("policy.driver").outcome, Outcome::kWaived);
  gpu.rules.min_driver = {"999.0"};
  EXPECT_EQ(gpu.failure(), "policy.driver");
}

}  // namespace
}  // namespace minions::attestation::nvidia
