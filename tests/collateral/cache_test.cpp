#include "collateral/cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "attester/temporary_directory.h"

namespace minions::collateral {
namespace {

namespace fs = std::filesystem;

class CacheTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path only_file() const {
    for (const auto& each : fs::directory_iterator(folder_)) return each.path();
    return {};
  }
  static constexpr const char* kQuestion = "https://example.org/a?b=c";

  attester::TemporaryDirectory temporary_;
  fs::path folder_ = temporary_.path() / "a" / "collateral";
  Cache cache_{folder_};
  Cache::Entry entry_{{to_bytes("body"), to_bytes("chain")}, 1'790'000'000};
};

TEST_F(CacheTest, GivesBackWhatWasPutIn) {
  EXPECT_FALSE(cache_.find(kQuestion));
  cache_.put(kQuestion, entry_);
  const auto found = cache_.find(kQuestion);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->reply.body, entry_.reply.body);
  EXPECT_EQ(found->reply.issuer_chain, entry_.reply.issuer_chain);
  EXPECT_EQ(found->fresh_until, entry_.fresh_until);
  EXPECT_FALSE(cache_.find("https://example.org/a?b=d"));
  entry_.reply.body = {};
  cache_.put(kQuestion, entry_);
  EXPECT_TRUE(cache_.find(kQuestion)->reply.body.empty());
}

TEST_F(CacheTest, IsForTheUserAlone) {
  cache_.put(kQuestion, entry_);
  struct stat status {};
  ASSERT_EQ(::stat(folder_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat(only_file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(CacheTest, TakesABrokenEntryForAMiss) {
  cache_.put(kQuestion, entry_);
  const fs::path file = only_file();
  std::ifstream in(file, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  // Up to the end of the chain: the body may have any length, and its own signature judges it.
  const std::size_t body_at = whole.size() - entry_.reply.body.size();
  for (std::size_t length = 0; length < body_at; ++length) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, length);
    EXPECT_FALSE(cache_.find(kQuestion)) << length;
  }
  std::ofstream(file, std::ios::binary | std::ios::trunc) << "x" + whole;
  EXPECT_FALSE(cache_.find(kQuestion));
  std::ofstream(file, std::ios::binary | std::ios::trunc) << whole;
  EXPECT_TRUE(cache_.find(kQuestion));
}

TEST_F(CacheTest, TakesAnEntryThatOthersMayWriteOrALinkForAMiss) {
  cache_.put(kQuestion, entry_);
  const fs::path file = only_file();
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  EXPECT_FALSE(cache_.find(kQuestion));
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  EXPECT_TRUE(cache_.find(kQuestion));
  const fs::path elsewhere = temporary_.path() / "elsewhere";
  fs::rename(file, elsewhere);
  fs::create_symlink(elsewhere, file);
  EXPECT_FALSE(cache_.find(kQuestion));
}

TEST_F(CacheTest, StaysWithinItsSize) {
  fs::create_directories(folder_);
  for (std::size_t i = 0; i < Cache::kMostEntries + 5; ++i) std::ofstream(folder_ / std::to_string(i)) << i;
  cache_.put(kQuestion, entry_);
  const auto count = std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  EXPECT_EQ(static_cast<std::size_t>(count), Cache::kMostEntries);
  EXPECT_TRUE(cache_.find(kQuestion)) << "the newest stays";
}

TEST_F(CacheTest, LeavesNothingBehindWhereItCannotWrite) {
  const Cache nowhere(fs::path("/proc/none/collateral"));
  nowhere.put(kQuestion, entry_);
  EXPECT_FALSE(nowhere.find(kQuestion));
  const Cache none(std::nullopt);
  none.put(kQuestion, entry_);
  EXPECT_FALSE(none.find(kQuestion));
}

}  // namespace
}  // namespace minions::collateral
