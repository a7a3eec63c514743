#include "attester/tsm.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "attester/fake_tsm.h"

namespace minions::attester {
namespace {

class Tsm : public testing::Test {
 protected:
  Tsm() {
    tsm.answer = [](ByteView inblob) { return to_bytes(inblob); };
    tsm.aux = to_bytes("certificates");
  }
  [[nodiscard]] TsmReports reports() {
    return TsmReports(std::make_unique<FakeTsmFiles>(tsm),
                      {.attempts = 4, .pause = [this](std::chrono::milliseconds time) { pauses.push_back(time); }});
  }
  [[nodiscard]] Result<TsmReport> report() { return reports().report("sev_guest", data); }
  // Whatever happened, nothing of ours stays.
  void TearDown() override {
    EXPECT_TRUE(tsm.entries.empty());
    EXPECT_TRUE(std::filesystem::is_empty(tsm.directory.path()));
  }

  FakeTsm tsm;
  attestation::ReportData64 data{7, 8, 9};
  std::vector<std::chrono::milliseconds> pauses;
};

TEST_F(Tsm, GivesTheReportAndWhatComesWithIt) {
  const TsmReport got = report().value();
  EXPECT_EQ(got.out, Bytes(data.begin(), data.end()));
  EXPECT_EQ(got.aux, to_bytes("certificates"));
  EXPECT_EQ(tsm.writes, (std::vector<std::string>{"privlevel 0\n", "inblob"}));
  EXPECT_EQ(reports().provider().value(), "sev_guest");
}

TEST_F(Tsm, AsksForTheLowestLevelThatItMaySpeakFor) {
  tsm.privlevel_floor = 2;
  EXPECT_TRUE(report());
  EXPECT_EQ(tsm.writes.front(), "privlevel 2\n");
}

TEST_F(Tsm, DoesWithoutLevelsAndCertificatesWhereThereAreNone) {
  tsm.privlevel_floor.reset();
  tsm.has_aux = false;
  EXPECT_TRUE(report().value().aux.empty());
  EXPECT_EQ(tsm.writes, std::vector<std::string>{"inblob"});
}

TEST_F(Tsm, RefusesAnotherProvider) {
  tsm.provider = "tdx_guest";
  EXPECT_NE(report().error().detail.find("want provider sev_guest, found tdx_guest"), std::string::npos);
  for (const char* bad : {"", "a b", "\x1b[2J", "x\ny"}) {
    tsm.provider = bad;
    EXPECT_EQ(reports().provider().error().code, ErrorCode::kMalformed) << bad;
  }
}

TEST_F(Tsm, TriesAgainWhereSomebodyElseWroteToItsEntry) {
  int disturbances = 2;
  tsm.after_inblob = [&](FakeTsm& fake) {
    if (disturbances-- > 0) ++fake.generation;
  };
  EXPECT_TRUE(report());
  EXPECT_EQ(tsm.made, 3);
}

TEST_F(Tsm, GivesUpWhereSomebodyElseWritesEachTime) {
  tsm.after_inblob = [](FakeTsm& fake) { ++fake.generation; };
  EXPECT_EQ(report().error().code, ErrorCode::kBusy);
  EXPECT_EQ(tsm.made, 3);
}

TEST_F(Tsm, WaitsForABusyPlatformWithinABound) {
  using std::chrono::milliseconds;
  tsm.failing["inblob"] = {ErrorCode::kBusy, ErrorCode::kBusy};
  tsm.failing["outblob"] = {ErrorCode::kBusy};
  EXPECT_TRUE(report());
  EXPECT_EQ(pauses, (std::vector<milliseconds>{milliseconds(50), milliseconds(100), milliseconds(50)}));
  tsm.failing["outblob"] = std::deque<ErrorCode>(4, ErrorCode::kBusy);
  EXPECT_EQ(report().error().code, ErrorCode::kBusy);
}

TEST_F(Tsm, ReportsEachFailureAndCleansUp) {
  for (const char* attribute :
       {"entry", "provider", "generation", "privlevel_floor", "privlevel", "inblob", "outblob", "auxblob"}) {
    for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kTimeout}) {
      tsm.failing.clear();
      tsm.failing[attribute] = std::deque<ErrorCode>(4, code);
      EXPECT_EQ(report().error().code, code) << attribute;
      EXPECT_TRUE(tsm.entries.empty()) << attribute;
    }
  }
}

TEST_F(Tsm, RefusesAFileThatIsTooLarge) {
  tsm.answer = [](ByteView) { return Bytes(64 * 1024 + 1); };
  EXPECT_EQ(report().error().code, ErrorCode::kTooLarge);
}

TEST_F(Tsm, TakesAnotherNameWhereItsOwnIsTaken) {
  tsm.failing["entry"] = {ErrorCode::kIo, ErrorCode::kIo};
  EXPECT_TRUE(report());
}

TEST(TsmFiles, SaysWhatTheFileSystemRefuses) {
  const TemporaryDirectory directory;
  TsmFiles files(directory.path());
  EXPECT_TRUE(files.make_entry("a"));
  EXPECT_EQ(files.make_entry("a").error().code, ErrorCode::kIo);
  EXPECT_EQ(files.read("a", "outblob").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(files.write("a", "inblob", {}).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(files.remove_entry("a"));
  EXPECT_EQ(files.remove_entry("a").error().code, ErrorCode::kNotFound);
  TsmFiles nowhere(directory.path() / "none");
  EXPECT_EQ(nowhere.make_entry("a").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace minions::attester
