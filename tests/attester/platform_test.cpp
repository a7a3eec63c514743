#include "attester/platform.h"

#include <gtest/gtest.h>

#include "attester/simulated.h"
#include "attester/temporary_directory.h"

namespace minions::attester {
namespace {

TEST(Platform, SaysWhatItLookedFor) {
  const TemporaryDirectory root;
  const auto attester = detect_platform(root.path());
  ASSERT_FALSE(attester);
  EXPECT_EQ(attester.error().code, ErrorCode::kUnsupported);
  for (const std::string_view path : {"sys/kernel/config/tsm/report", "dev/sev-guest", "dev/tdx_guest", "dev/tpmrm0"}) {
    EXPECT_NE(attester.error().detail.find((root.path() / path).string() + ": not found"), std::string::npos)
        << attester.error().detail;
  }
}

TEST(Platform, SaysWhatItFoundAndNeverFallsBackToSimulated) {
  const TemporaryDirectory root;
  std::filesystem::create_directories(root.path() / "dev");
  write_file(root.path() / "dev/sev-guest", "");
  std::filesystem::create_directories(root.path() / "sys/kernel/config/tsm/report");
  const auto probes = probe_platform(root.path());
  ASSERT_EQ(probes.size(), 4U);
  EXPECT_TRUE(probes[0].found);
  EXPECT_TRUE(probes[1].found);
  EXPECT_FALSE(probes[2].found);
  const auto attester = detect_platform(root.path());
  ASSERT_FALSE(attester);
  EXPECT_NE(attester.error().detail.find("dev/sev-guest: found"), std::string::npos);
  EXPECT_NE(attester.error().detail.find("no attester for what this machine offers"), std::string::npos);
}

TEST(SimulatedAttester, GivesOneItemWithNothingInIt) {
  SimulatedAttester attester;
  EXPECT_EQ(attester.platform(), "simulated");
  const auto evidence = attester.collect(ReportData::of({})).value();
  ASSERT_EQ(evidence.size(), 1U);
  EXPECT_EQ(evidence[0].type, "simulated");
  EXPECT_TRUE(evidence[0].data.empty());
  EXPECT_TRUE(attester.collect_gpus({}).value().empty());
}

}  // namespace
}  // namespace minions::attester
