#include "api/log_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace minions::api {
namespace {

namespace fs = std::filesystem;

class LogFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "minions-api-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { fs::remove_all(directory_); }
  [[nodiscard]] fs::path write(std::string_view name, std::string_view bytes) const {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
    return directory_ / name;
  }

  fs::path directory_;
  crypto::SystemRandom random_;
};

LogKey key_of(std::uint8_t byte) {
  ByteArray<32> bytes;
  bytes.fill(byte);
  return LogKey(bytes);
}

TEST_F(LogFile, IsNamedByIdOrByTimeAndTask) {
  constexpr UnixSeconds kTime = 1'790'000'000;  // 2026-09-21T14:13:20Z
  EXPECT_EQ(log_name({"", "What is it? And why?", kTime}), "20260921_141320_What_is_it__And_secure.json");
  EXPECT_EQ(log_name({"", "", kTime}), "20260921_141320__secure.json");
  EXPECT_EQ(log_name({"run-7.b", "x", kTime}), "run-7.b_secure_minion.json");
  EXPECT_EQ(log_name({"../../etc/passwd", "x", kTime}), "_...etcpasswd_secure_minion.json");
  EXPECT_EQ(log_name({"///", "x", kTime}), "20260921_141320_x_secure.json");
  EXPECT_LT(log_name({std::string(5000, 'a'), "x", kTime}).size(), 200U);
}

TEST_F(LogFile, IsTheUsersAloneAndNeverOverwritten) {
  const fs::path folder = directory_ / "deep" / "logs";
  const auto first = write_log(folder, "a.json", "{}", nullptr, random_);
  ASSERT_TRUE(first) << first.error().detail;
  const auto second = write_log(folder, "a.json", "{\"b\":1}", nullptr, random_);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->filename(), "a_2.json");
  struct stat status {};
  ASSERT_EQ(::stat(first->c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(read_log(*first, nullptr)->reveal(), "{}");
  EXPECT_EQ(read_log(*second, nullptr)->reveal(), "{\"b\":1}");
}

TEST_F(LogFile, FollowsNoLink) {
  fs::create_symlink(directory_ / "target", directory_ / "a.json");
  const auto written = write_log(directory_, "a.json", "{}", nullptr, random_);
  ASSERT_TRUE(written);
  EXPECT_EQ(written->filename(), "a_2.json");
  EXPECT_FALSE(fs::exists(directory_ / "target"));
}

TEST_F(LogFile, SaysWhyItCannotBeWritten) {
  const fs::path file = write("file", "x");
  const auto refused = write_log(file / "logs", "a.json", "{}", nullptr, random_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
}

TEST_F(LogFile, IsSealedUnderItsKey) {
  const LogKey key = key_of(7);
  const auto file = write_log(directory_, "a.json", "{\"secret\":1}", &key, random_);
  ASSERT_TRUE(file);
  std::ifstream in(*file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(bytes.find("secret\""), std::string::npos);
  EXPECT_EQ(read_log(*file, &key)->reveal(), "{\"secret\":1}");
  EXPECT_EQ(read_log(*file, nullptr).error().code, ErrorCode::kUsage);
  const LogKey other = key_of(8);
  EXPECT_EQ(read_log(*file, &other).error().code, ErrorCode::kTampered);
}

TEST_F(LogFile, RefusesEveryChangeOfASealedOne) {
  const LogKey key = key_of(7);
  const auto file = write_log(directory_, "a.json", "{}", &key, random_);
  std::ifstream in(*file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  constexpr std::size_t kMark = 21;  // a file whose first line differs is one in clear
  for (std::size_t bit = kMark * 8; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(read_log(write("changed", changed), &key).error().code, ErrorCode::kTampered) << bit;
  }
  for (std::size_t size = kMark; size < bytes.size(); ++size)
    EXPECT_EQ(read_log(write("cut", bytes.substr(0, size)), &key).error().code, ErrorCode::kTampered) << size;
}

TEST_F(LogFile, HasAKeyForEachFile) {
  const LogKey key = key_of(7);
  const auto read = [&](const char* name) {
    std::ifstream in(*write_log(directory_, name, "{}", &key, random_), std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  EXPECT_NE(read("a.json").substr(53), read("b.json").substr(53));
}

TEST_F(LogFile, TakesKeysOf64HexDigits) {
  EXPECT_TRUE(read_log_key(write("good", std::string(64, 'a') + "\n")));
  for (const char* bad : {"", "abc", "zz"}) EXPECT_EQ(read_log_key(write("bad", bad)).error().code, ErrorCode::kUsage);
  EXPECT_FALSE(read_log_key(write("long", std::string(66, 'a'))));
  EXPECT_FALSE(read_log_key(directory_ / "none"));
}

}  // namespace
}  // namespace minions::api
