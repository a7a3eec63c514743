#include "attester/nvml.h"

#include <gtest/gtest.h>

#include "attestation/nvidia/spdm_report.h"
#include "attester/fake_nvml.h"
#include "crypto/certificate.h"

namespace minions::attester {
namespace {

const Digest32 kNonce{1, 2, 3};

Result<GpuInventory> inventory(const std::string& settings) {
  const FakeNvml fake(settings);
  return take_inventory(**Nvml::open(FakeNvml::path()));
}

Result<attestation::Evidence> collect(const std::string& settings) {
  const FakeNvml fake(settings);
  MINIONS_TRY_ASSIGN(auto nvml, Nvml::open(FakeNvml::path()));
  MINIONS_TRY_ASSIGN(auto source,
                     make_nvml_source(std::move(nvml), {.attempts = 3, .pause = [](std::chrono::milliseconds) {}}));
  return source->collect(kNonce);
}

TEST(Nvml, CollectsFromEveryGpuOverTheNonce) {
  const auto evidence = collect("gpus=3").value();
  ASSERT_EQ(evidence.size(), 3U);
  for (const attestation::EvidenceItem& item : evidence) {
    EXPECT_EQ(item.type, "nvidia-gpu");
    const auto report = attestation::SpdmReport::parse(item.part("report").value()).value();
    EXPECT_EQ(report.request_nonce, kNonce);
    EXPECT_EQ(crypto::Certificate::from_pem(as_text(item.part("cert_chain").value()))->size(), 3U);
  }
  EXPECT_NE(evidence[0].data.at("cert_chain"), evidence[1].data.at("cert_chain"));
  EXPECT_EQ(collect("gpus=0")->size(), 0U);
}

TEST(Nvml, SaysWhatModeTheMachineIsIn) {
  const GpuInventory on = inventory("gpus=2").value();
  EXPECT_EQ(on.mode, ConfidentialMode::kOn);
  EXPECT_EQ(on.feature, "on, production, no multi-gpu mode");
  EXPECT_EQ(on.driver_version, "550.1.02?");  // what is not printable is not shown
  EXPECT_EQ(on.names, std::vector<std::string>(2, "NVIDIA H100 of the tests"));
  EXPECT_EQ(inventory("multi=1 cc=0")->mode, ConfidentialMode::kProtectedPcie);
  EXPECT_EQ(inventory("multi=9")->feature, "on, production, unknown (9)");
  EXPECT_EQ(inventory("cc=0")->mode, ConfidentialMode::kOff);
  EXPECT_EQ(inventory("devtools=1")->mode, ConfidentialMode::kDevTools);
  EXPECT_EQ(inventory("devtools=1 cc=0")->mode, ConfidentialMode::kDevTools);
  EXPECT_EQ(inventory("settings_result=13")->mode, ConfidentialMode::kOn);  // an older driver: by the state
  EXPECT_EQ(inventory("settings_result=3 state_result=3")->mode, ConfidentialMode::kOff);
}

TEST(Nvml, RefusesWithoutConfidentialModeAndSaysWhich) {
  for (const char* settings : {"cc=0", "devtools=1", "multi=1 devtools=1"}) {
    const auto refused = collect(settings);
    ASSERT_FALSE(refused) << settings;
    EXPECT_EQ(refused.error().code, ErrorCode::kRefused) << settings;
  }
  EXPECT_NE(collect("devtools=1").error().detail.find("developer tools let in"), std::string::npos);
  EXPECT_NE(collect("cc=0").error().detail.find("found off, production"), std::string::npos);
  EXPECT_TRUE(collect("multi=1"));
}

TEST(Nvml, RefusesSizesAndContentThatCannotBe) {
  EXPECT_EQ(collect("report_size=8193").error().code, ErrorCode::kMalformed);
  EXPECT_EQ(collect("report_size=4294967295").error().code, ErrorCode::kMalformed);
  EXPECT_FALSE(collect("report_size=0"));
  EXPECT_FALSE(collect("report_size=100"));
  EXPECT_EQ(collect("chain_size=5121").error().code, ErrorCode::kMalformed);
  EXPECT_FALSE(collect("chain_size=0"));
  EXPECT_FALSE(collect("text_chain=1"));
  EXPECT_EQ(collect("count=65").error().code, ErrorCode::kMalformed);
  EXPECT_EQ(collect("gpus=1 another_nonce=1").error().code, ErrorCode::kTampered);
}

TEST(Nvml, ReportsTheLibrarysErrorsWithTheGpu) {
  for (const char* function : {"driver", "count", "handle", "name", "chain", "report"}) {
    const auto failed = collect(std::string(function) + "_result=999");
    ASSERT_FALSE(failed) << function;
    EXPECT_NE(failed.error().detail.find("words of the library (999)"), std::string::npos) << failed.error().detail;
  }
  EXPECT_EQ(collect("gpus=2 report_result=15").error().detail.substr(0, 6), "gpu 0:");
  EXPECT_FALSE(collect("settings_result=3 state_result=999"));
}

TEST(Nvml, AsksABusyGpuAgainWithinABound) {
  EXPECT_TRUE(collect("report_result=19 report_times=2"));
  EXPECT_EQ(collect("report_result=19 report_times=3").error().code, ErrorCode::kBusy);
  EXPECT_TRUE(collect("chain_result=10 chain_times=1"));
}

TEST(Nvml, TellsAMissingLibraryFromOneThatFails) {
  EXPECT_EQ(Nvml::open("/nowhere/libnvidia-ml.so.1").error().code, ErrorCode::kNotFound);
  const FakeNvml fake("init=9");
  EXPECT_EQ(Nvml::open(FakeNvml::path()).error().code, ErrorCode::kNotFound);
  const FakeNvml failing("init=4");
  EXPECT_EQ(Nvml::open(FakeNvml::path()).error().code, ErrorCode::kIo);
  EXPECT_EQ(Nvml::open("libm.so.6").error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace minions::attester
