#include "gateway/api_keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "attester/temporary_directory.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::gateway {
namespace {

class ApiKeysTest : public ::testing::Test {
 protected:
  void write(const std::string& text) { attester::write_file(file_, text); }
  [[nodiscard]] static std::string line(const std::string& name, std::string_view key) {
    return name + ' ' + to_hex(crypto::sha256(as_bytes(key))) + '\n';
  }

  attester::TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_.path() / "keys";
  crypto::SystemRandom random_;
};

TEST_F(ApiKeysTest, KnowsAKeyThatItMade) {
  const auto key = ApiKeys::add(file_, "alice", random_);
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(from_base64url(key->reveal()).value().size(), 32U);
  EXPECT_EQ(attester::content(file_).find(key->reveal()), std::string::npos) << "the file holds the key itself";
  const auto keys = ApiKeys::load(file_).value();
  EXPECT_EQ(keys->name_of("Bearer " + std::string(key->reveal())), "alice");
}

TEST_F(ApiKeysTest, KnowsNoOtherAuthorization) {
  write(line("alice", "secret"));
  const auto keys = ApiKeys::load(file_).value();
  ASSERT_EQ(keys->name_of("Bearer secret"), "alice");
  for (const char* shown : {"", "Bearer", "Bearer ", "secret", "bearer secret", "Bearer  secret", "Bearer secret ",
                            "Bearer Secret", "Bearer secre", "Bearer secret2", "Basic secret"}) {
    EXPECT_FALSE(keys->name_of(shown)) << shown;
  }
  const std::string hash = to_hex(crypto::sha256(as_bytes("secret")));
  EXPECT_FALSE(keys->name_of("Bearer " + hash)) << "the file's hash is no key";
}

TEST_F(ApiKeysTest, PassesOverCommentsAndBlankLines) {
  write("# keys\n\n" + line("alice", "one") + "\n" + line("bob", "two"));
  const auto keys = ApiKeys::load(file_).value();
  EXPECT_EQ(keys->name_of("Bearer one"), "alice");
  EXPECT_EQ(keys->name_of("Bearer two"), "bob");
}

TEST_F(ApiKeysTest, RefusesAFileWithABadLine) {
  const std::string hash(64, 'a');
  const std::vector<std::string> wrong = {"alice",
                                          "alice ",
                                          std::string("alice ") + std::string(63, 'a'),
                                          "alice " + hash + " x",
                                          "alice " + std::string(64, 'G'),
                                          " " + hash,
                                          "al ice " + hash,
                                          "a/b " + hash,
                                          std::string(65, 'n') + ' ' + hash};
  for (const std::string& bad : wrong) {
    write(line("good", "key") + bad + '\n');
    const auto read = ApiKeys::read(file_);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, ErrorCode::kMalformed) << bad;
    EXPECT_NE(read.error().detail.find("line 2"), std::string::npos) << read.error().detail;
  }
  EXPECT_EQ(ApiKeys::load(directory_.path() / "absent").error().code, ErrorCode::kIo);
}

// A pipe would keep whoever reads it waiting, and a folder reads as a file without keys.
TEST_F(ApiKeysTest, RefusesWhatIsNoRegularFile) {
  const auto pipe = file_.parent_path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::filesystem::path& file : {pipe, file_.parent_path(), std::filesystem::path("/dev/null")}) {
    const auto read = ApiKeys::read(file);
    ASSERT_FALSE(read) << file;
    EXPECT_NE(read.error().detail.find("not a regular file"), std::string::npos) << read.error().detail;
  }
  std::filesystem::remove(pipe);
}

TEST_F(ApiKeysTest, AddRefusesTakenAndImpossibleNames) {
  ASSERT_TRUE(ApiKeys::add(file_, "alice", random_));
  EXPECT_EQ(ApiKeys::add(file_, "alice", random_).error().code, ErrorCode::kUsage);
  for (const char* name : {"", "a b", "a/b", "a\nb"})
    EXPECT_EQ(ApiKeys::add(file_, name, random_).error().code, ErrorCode::kUsage) << name;
  EXPECT_TRUE(ApiKeys::add(file_, "Bob-2_x.y", random_));
  EXPECT_EQ(ApiKeys::read(file_).value().size(), 2U);
}

TEST_F(ApiKeysTest, TheFileIsTheOwnersAlone) {
  ASSERT_TRUE(ApiKeys::add(file_, "alice", random_));
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(ApiKeysTest, ReloadTakesNewKeysAndKeepsTheOldOnesOverABadFile) {
  write(line("alice", "one"));
  const auto keys = ApiKeys::load(file_).value();
  write("broken\n");
  EXPECT_FALSE(keys->reload());
  EXPECT_EQ(keys->name_of("Bearer one"), "alice");
  write(line("bob", "two"));
  EXPECT_TRUE(keys->reload());
  EXPECT_FALSE(keys->name_of("Bearer one"));
  EXPECT_EQ(keys->name_of("Bearer two"), "bob");
}

}  // namespace
}  // namespace minions::gateway
