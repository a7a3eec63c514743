#include "attester/platform.h"

#include <gtest/gtest.h>

#include "attester/fake_nvml.h"
#include "attester/simulated.h"
#include "attester/temporary_directory.h"

namespace minions::attester {
namespace {

class Platform : public testing::Test {
 protected:
  Platform() {
    options.tsm_root = root.path() / "report";
    options.sev_guest_device = root.path() / "sev-guest";
    options.tdx_guest_device = root.path() / "tdx_guest";
    options.azure.tcti = "device:" + (root.path() / "tpmrm0").string();
    options.nvml_library = (root.path() / "libnvidia-ml.so.1").string();
    options.patience.attempts = 1;
  }
  [[nodiscard]] std::string refusal() const {
    const auto attester = make_attester(options);
    return attester ? "accepted" : attester.error().detail;
  }

  TemporaryDirectory root;
  AttesterOptions options;
};

TEST_F(Platform, SaysWhatItLookedForAndNeverFallsBackToSimulated) {
  const auto attester = make_attester(options);
  ASSERT_FALSE(attester);
  EXPECT_EQ(attester.error().code, ErrorCode::kUnsupported);
  for (const std::string& path : {options.tsm_root.string(), options.sev_guest_device.string(),
                                  options.tdx_guest_device.string(), options.azure.tcti}) {
    EXPECT_NE(attester.error().detail.find(path + ": not found"), std::string::npos) << attester.error().detail;
  }
}

TEST_F(Platform, SaysWhatItFoundAndWhyThatIsNotEnough) {
  std::filesystem::create_directory(options.tsm_root);  // no kernel behind it: an entry stays empty
  write_file(options.tdx_guest_device, "");
  write_file(root.path() / "tpmrm0", "");
  const std::string text = refusal();
  EXPECT_NE(text.find(options.tsm_root.string() + ": " + options.tsm_root.string() + "/minionsd-"), std::string::npos)
      << text;
  EXPECT_NE(text.find("quotes need configfs-tsm"), std::string::npos) << text;
  EXPECT_NE(text.find("vTPM at device:"), std::string::npos) << text;
  EXPECT_TRUE(std::filesystem::is_empty(options.tsm_root));
}

TEST_F(Platform, TakesTheDeviceWhereTheKernelsInterfaceIsMissing) {
  write_file(options.sev_guest_device, "");
  for (const AttestMode mode : {AttestMode::kAuto, AttestMode::kSevSnp}) {
    options.mode = mode;
    const auto attester = make_attester(options).value();
    EXPECT_EQ(attester->platform(), "sev-snp");
    EXPECT_FALSE(prove_platform(*attester));  // it is no device
  }
  options.mode = AttestMode::kTdx;
  EXPECT_EQ(refusal().find("sev-guest"), std::string::npos);
}

TEST_F(Platform, LooksOnlyForWhatWasNamed) {
  options.mode = AttestMode::kSevSnp;
  EXPECT_EQ(refusal().find("TDX"), std::string::npos);
  EXPECT_EQ(refusal().substr(0, 14), "attest sev-snp");
  options.mode = AttestMode::kTdx;
  EXPECT_EQ(refusal().substr(0, 10), "attest tdx");
  options.mode = AttestMode::kSimulated;
  EXPECT_EQ(make_attester(options).value()->platform(), "simulated");
}

TEST_F(Platform, ProbesWithoutOpening) {
  write_file(options.sev_guest_device, "");
  const auto probes = probe_platform(options);
  ASSERT_EQ(probes.size(), 4U);
  EXPECT_FALSE(probes[0].found);
  EXPECT_TRUE(probes[1].found);
  EXPECT_FALSE(probes[2].found);
  EXPECT_FALSE(probes[3].found);
}

class PlatformGpus : public Platform {
 protected:
  PlatformGpus() {
    write_file(options.sev_guest_device, "");
    options.nvml_library = FakeNvml::path();
  }
  // How many GPUs are attested, or what is refused.
  [[nodiscard]] std::string outcome(GpuMode mode, const std::string& settings) {
    const FakeNvml fake(settings);
    options.gpus = mode;
    const auto attester = make_attester(options);
    if (!attester) return attester.error().detail;
    return std::to_string((*attester)->collect_gpus({})->size());
  }
};

TEST_F(PlatformGpus, AreAttestedWhereTheyAreConfidential) {
  EXPECT_EQ(outcome(GpuMode::kAuto, "gpus=2"), "2");
  EXPECT_EQ(outcome(GpuMode::kRequire, "gpus=2"), "2");
  EXPECT_EQ(outcome(GpuMode::kOff, "gpus=2"), "0");
}

TEST_F(PlatformGpus, AreLeftOutOrRefusedWhereTheyAreNot) {
  EXPECT_EQ(outcome(GpuMode::kAuto, "driver_result=999"), "0");
  EXPECT_NE(outcome(GpuMode::kRequire, "driver_result=999").find("(999)"), std::string::npos);
  for (const char* settings : {"cc=0", "devtools=1"}) {
    EXPECT_EQ(outcome(GpuMode::kAuto, settings), "0") << settings;
    EXPECT_NE(outcome(GpuMode::kRequire, settings).find("want confidential computing on"), std::string::npos);
  }
  EXPECT_EQ(outcome(GpuMode::kAuto, "gpus=0"), "0");
  EXPECT_NE(outcome(GpuMode::kRequire, "gpus=0").find("no nvidia gpu"), std::string::npos);
  options.nvml_library = (root.path() / "none").string();
  EXPECT_EQ(outcome(GpuMode::kAuto, ""), "0");
  EXPECT_NE(outcome(GpuMode::kRequire, "").find("gpu require"), std::string::npos);
}

TEST(SimulatedAttester, GivesOneItemWithNothingInIt) {
  SimulatedAttester attester;
  EXPECT_EQ(attester.platform(), "simulated");
  const auto evidence = attester.collect(ReportData::of({})).value();
  ASSERT_EQ(evidence.size(), 1U);
  EXPECT_EQ(evidence[0].type, "simulated");
  EXPECT_TRUE(evidence[0].data.empty());
  EXPECT_TRUE(attester.collect_gpus({}).value().empty());
  EXPECT_TRUE(prove_platform(attester));
}

}  // namespace
}  // namespace minions::attester
