// TCB levels, with values chosen so that each comparison decides once.
#include "attestation/intel/tdx_tcb.h"

#include <gtest/gtest.h>

namespace minions::attestation::tdx {
namespace {

PlatformTcbLevel level(ByteArray<16> sgx, std::uint16_t pce_svn, ByteArray<16> td, TcbStatus status) {
  return {.sgx_components = sgx, .pce_svn = pce_svn, .tdx_components = td, .standing = {.status = status}};
}

ByteArray<16> filled(std::uint8_t value) {
  ByteArray<16> out;
  out.fill(value);
  return out;
}

std::optional<TcbStatus> status_of(const Result<TcbStanding>& standing) {
  return standing ? std::optional(standing->status) : std::nullopt;
}

class PlatformStanding : public ::testing::Test {
 protected:
  [[nodiscard]] std::optional<TcbStatus> status() const { return status_of(platform_standing(info, pck, body)); }

  TcbInfo info;
  PckExtension pck;
  TdBody body;

  void SetUp() override {
    info.levels = {level(filled(5), 11, filled(5), TcbStatus::kUpToDate),
                   level(filled(4), 10, filled(4), TcbStatus::kOutOfDate)};
    pck.components = filled(5);
    pck.pce_svn = 11;
    body.tee_tcb_svn = filled(5);
    body.tee_tcb_svn[1] = 0;
    for (PlatformTcbLevel& each : info.levels) each.tdx_components[1] = 0;
  }
};

TEST_F(PlatformStanding, IsThatOfTheFirstLevelReached) {
  EXPECT_EQ(status(), TcbStatus::kUpToDate);
  pck.components = filled(200);
  body.tee_tcb_svn = filled(200);
  pck.pce_svn = 60'000;
  EXPECT_EQ(status(), TcbStatus::kUpToDate);
  std::swap(info.levels[0], info.levels[1]);  // the order is Intel's
  EXPECT_EQ(status(), TcbStatus::kOutOfDate);
  info.levels.clear();
  EXPECT_EQ(status(), std::nullopt);
}

TEST_F(PlatformStanding, HangsOnEachComponentOfThePck) {
  for (std::size_t i = 0; i < 16; ++i) {
    pck.components[i] = 4;
    EXPECT_EQ(status(), TcbStatus::kOutOfDate) << i;
    pck.components[i] = 3;
    EXPECT_EQ(status(), std::nullopt) << i;
    pck.components[i] = 5;
  }
}

TEST_F(PlatformStanding, HangsOnThePceSvn) {
  pck.pce_svn = 10;
  EXPECT_EQ(status(), TcbStatus::kOutOfDate);
  pck.pce_svn = 9;
  EXPECT_EQ(status(), std::nullopt);
}

TEST_F(PlatformStanding, HangsOnEachSvnOfTheTdReport) {
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 1) continue;  // the module's version
    body.tee_tcb_svn[i] = 4;
    EXPECT_EQ(status(), TcbStatus::kOutOfDate) << i;
    body.tee_tcb_svn[i] = 3;
    EXPECT_EQ(status(), std::nullopt) << i;
    body.tee_tcb_svn[i] = 5;
  }
}

TEST_F(PlatformStanding, LeavesTheModulesSvnsToItsIdentity) {
  body.tee_tcb_svn[0] = 0;
  EXPECT_EQ(status(), std::nullopt);
  body.tee_tcb_svn[1] = 1;
  EXPECT_EQ(status(), TcbStatus::kUpToDate);
  for (PlatformTcbLevel& each : info.levels) each.tdx_components[1] = 9;
  EXPECT_EQ(status(), TcbStatus::kUpToDate);
  body.tee_tcb_svn[2] = 3;
  EXPECT_EQ(status(), std::nullopt);
}

// A level counts as a whole: parts of two levels make none.
TEST_F(PlatformStanding, MixesNoLevels) {
  info.levels = {level(filled(5), 5, filled(0), TcbStatus::kUpToDate),
                 level(filled(0), 12, filled(0), TcbStatus::kOutOfDate)};
  pck.pce_svn = 4;
  EXPECT_EQ(status(), std::nullopt);
}

TEST(StandingAt, IsThatOfTheFirstLevelReached) {
  const std::vector<IsvTcbLevel> levels = {{6, {.status = TcbStatus::kUpToDate}},
                                           {4, {.status = TcbStatus::kOutOfDate}}};
  EXPECT_EQ(status_of(standing_at(levels, 7)), TcbStatus::kUpToDate);
  EXPECT_EQ(status_of(standing_at(levels, 6)), TcbStatus::kUpToDate);
  EXPECT_EQ(status_of(standing_at(levels, 5)), TcbStatus::kOutOfDate);
  EXPECT_EQ(status_of(standing_at(levels, 4)), TcbStatus::kOutOfDate);
  EXPECT_EQ(standing_at(levels, 3).error().detail, "no TCB level for SVN 3");
  EXPECT_EQ(status_of(standing_at({}, 3)), std::nullopt);
}

TEST(IdentifyModule, GoesByTheMajorVersionInHex) {
  TcbInfo info;
  for (const char* id : {"TDX_01", "TDX_10", "TDX_1A"}) {
    info.modules.emplace_back();
    info.modules.back().id = id;
  }
  TdBody body;
  for (const auto& [version, id] :
       std::map<std::uint8_t, std::string>{{1, "TDX_01"}, {0x10, "TDX_10"}, {0x1a, "TDX_1A"}}) {
    body.tee_tcb_svn[1] = version;
    EXPECT_EQ(identify_module(info, body).value()->id, id);
  }
  body.tee_tcb_svn[1] = 10;
  EXPECT_EQ(identify_module(info, body).error().detail, "no identity TDX_0A");
  body.tee_tcb_svn[1] = 0;
  EXPECT_EQ(identify_module(info, body).value(), &info.module_0);
}

TEST(IdentifyModule, ComparesAttributesUnderTheMask) {
  TcbInfo info;
  info.module_0.attributes = {1};
  info.module_0.attributes_mask = {3};
  TdBody body;
  body.seam_attributes = {1};
  EXPECT_TRUE(identify_module(info, body));
  body.seam_attributes = {0xfd, 0xff};
  EXPECT_TRUE(identify_module(info, body));
  body.seam_attributes = {3};
  EXPECT_FALSE(identify_module(info, body));
  body.seam_attributes = {0};
  EXPECT_FALSE(identify_module(info, body));
}

// The whole table, both ways round.
TEST(Worst, IsTheUnionOfWhatIsLeftToDo) {
  using S = TcbStatus;
  constexpr std::array kAll = {S::kUpToDate,
                               S::kSwHardeningNeeded,
                               S::kConfigurationNeeded,
                               S::kConfigurationAndSwHardeningNeeded,
                               S::kOutOfDate,
                               S::kOutOfDateConfigurationNeeded,
                               S::kRevoked};
  constexpr auto kBoth = S::kConfigurationAndSwHardeningNeeded;
  constexpr auto kOldConfiguration = S::kOutOfDateConfigurationNeeded;
  constexpr std::array<std::array<S, 7>, 7> kWant = {{
      {S::kUpToDate, S::kSwHardeningNeeded, S::kConfigurationNeeded, kBoth, S::kOutOfDate, kOldConfiguration,
       S::kRevoked},
      {S::kSwHardeningNeeded, S::kSwHardeningNeeded, kBoth, kBoth, S::kOutOfDate, kOldConfiguration, S::kRevoked},
      {S::kConfigurationNeeded, kBoth, S::kConfigurationNeeded, kBoth, kOldConfiguration, kOldConfiguration,
       S::kRevoked},
      {kBoth, kBoth, kBoth, kBoth, kOldConfiguration, kOldConfiguration, S::kRevoked},
      {S::kOutOfDate, S::kOutOfDate, kOldConfiguration, kOldConfiguration, S::kOutOfDate, kOldConfiguration,
       S::kRevoked},
      {kOldConfiguration, kOldConfiguration, kOldConfiguration, kOldConfiguration, kOldConfiguration, kOldConfiguration,
       S::kRevoked},
      {S::kRevoked, S::kRevoked, S::kRevoked, S::kRevoked, S::kRevoked, S::kRevoked, S::kRevoked},
  }};
  for (std::size_t i = 0; i < kAll.size(); ++i) {
    for (std::size_t j = 0; j < kAll.size(); ++j)
      EXPECT_EQ(worst(kAll[i], kAll[j]), kWant[i][j]) << name_of(kAll[i]) << " " << name_of(kAll[j]);
  }
}

}  // namespace
}  // namespace minions::attestation::tdx
