#include "attester/operator_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "attester/temporary_directory.h"

namespace minions::attester {
namespace {

namespace fs = std::filesystem;

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

class OperatorKeyFiles : public testing::Test {
 protected:
  [[nodiscard]] fs::path directory() const { return root_.path() / "key"; }
  [[nodiscard]] fs::path private_path() const { return directory() / kPrivateKeyFile; }
  [[nodiscard]] fs::path public_path() const { return directory() / kPublicKeyFile; }
  [[nodiscard]] Result<OperatorKey> load() const { return load_or_create_operator_key(directory()); }
  // What the inspection says before is what then happens.
  [[nodiscard]] std::string refusal() const {
    const auto inspected = inspect_operator_key(directory());
    auto key = load();
    EXPECT_EQ(inspected.has_value(), key.has_value());
    if (!inspected && !key) {
      EXPECT_EQ(inspected.error().detail, key.error().detail);
    }
    return key ? "accepted" : key.error().detail;
  }
  TemporaryDirectory root_;
};

TEST_F(OperatorKeyFiles, AreMadeAtTheFirstStartAndReadAtTheNext) {
  const auto created = load();
  ASSERT_TRUE(created) << created.error().detail;
  EXPECT_EQ(created->origin, OperatorKey::Origin::kCreated);
  EXPECT_EQ(mode_of(directory()), 0700U);
  EXPECT_EQ(mode_of(private_path()), 0600U);
  EXPECT_EQ(content(public_path()), created->key.public_key().to_pem());
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->origin, OperatorKey::Origin::kLoaded);
  EXPECT_EQ(loaded->key.public_key().spki(), created->key.public_key().spki());
  const Bytes message = to_bytes("m");
  EXPECT_TRUE(created->key.public_key().verify(message, loaded->key.sign(message)));
}

TEST_F(OperatorKeyFiles, AreInspectedWithoutBeingMade) {
  EXPECT_EQ(inspect_operator_key(directory()).value(), KeyDirectory::kMissing);
  EXPECT_FALSE(fs::exists(directory()));
  fs::create_directory(directory());
  ASSERT_EQ(::chmod(directory().c_str(), 0700), 0);
  EXPECT_EQ(inspect_operator_key(directory()).value(), KeyDirectory::kEmpty);
  EXPECT_TRUE(fs::is_empty(directory()));
  ASSERT_TRUE(load());
  EXPECT_EQ(inspect_operator_key(directory()).value(), KeyDirectory::kHasKey);
  EXPECT_FALSE(inspect_operator_key(root_.path() / "a" / "b"));
}

TEST_F(OperatorKeyFiles, GetTheirPublicHalfBack) {
  const std::string pem = load().value().key.public_key().to_pem();
  fs::remove(public_path());
  EXPECT_EQ(load().value().origin, OperatorKey::Origin::kLoaded);
  EXPECT_EQ(content(public_path()), pem);
}

TEST_F(OperatorKeyFiles, AreRefusedWithoutThePrivateHalf) {
  ASSERT_TRUE(load());
  fs::remove(private_path());
  EXPECT_NE(refusal().find("missing"), std::string::npos);
  EXPECT_FALSE(fs::exists(private_path()));
}

TEST_F(OperatorKeyFiles, AreRefusedWhereOthersMayReadThem) {
  ASSERT_TRUE(load());
  for (const mode_t mode : {0640U, 0604U, 0660U, 0610U}) {
    ASSERT_EQ(::chmod(private_path().c_str(), mode), 0);
    EXPECT_NE(refusal().find("want mode 0600"), std::string::npos) << mode;
  }
  ASSERT_EQ(::chmod(private_path().c_str(), 0400), 0);
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(OperatorKeyFiles, AreRefusedWhereOthersMayReplaceThem) {
  ASSERT_TRUE(load());
  for (const mode_t mode : {0770U, 0702U}) {
    ASSERT_EQ(::chmod(directory().c_str(), mode), 0);
    EXPECT_NE(refusal().find("others may put another key here"), std::string::npos) << mode;
  }
  ASSERT_EQ(::chmod(directory().c_str(), 0755), 0);
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(OperatorKeyFiles, AreRefusedWhereTheyDoNotMatch) {
  ASSERT_TRUE(load());
  write_file(public_path(), crypto::P384PrivateKey::generate().public_key().to_pem());
  EXPECT_NE(refusal().find("not the public key"), std::string::npos);
  write_file(public_path(), "nothing");
  EXPECT_NE(refusal(), "accepted");
}

TEST_F(OperatorKeyFiles, AreRefusedWhereTheyAreLinks) {
  ASSERT_TRUE(load());
  for (const fs::path& path : {private_path(), public_path()}) {
    fs::rename(path, root_.path() / "elsewhere");
    fs::create_symlink(root_.path() / "elsewhere", path);
    EXPECT_NE(refusal().find("found a link"), std::string::npos);
    fs::remove(path);
    fs::rename(root_.path() / "elsewhere", path);
    EXPECT_EQ(refusal(), "accepted");
  }
  fs::rename(directory(), root_.path() / "moved");
  fs::create_symlink(root_.path() / "moved", directory());
  EXPECT_NE(refusal().find("want a directory"), std::string::npos);
}

TEST_F(OperatorKeyFiles, AreRefusedWithAnythingElseInTheirPlace) {
  fs::create_directories(private_path());
  EXPECT_NE(refusal().find("want a plain file"), std::string::npos);
}

TEST_F(OperatorKeyFiles, AreRefusedWhenDamaged) {
  ASSERT_TRUE(load());
  const std::string pem = content(private_path());
  for (const std::string& damaged : {std::string(), pem.substr(0, pem.size() / 2), std::string(20000, 'x')}) {
    write_file(private_path(), damaged);
    const std::string detail = refusal();
    EXPECT_NE(detail, "accepted");
    EXPECT_NE(detail.find(private_path().string()), std::string::npos) << detail;
    EXPECT_EQ(detail.find(pem.substr(40, 20)), std::string::npos);
  }
}

TEST_F(OperatorKeyFiles, AreRefusedWithoutAParentDirectory) {
  EXPECT_EQ(load_or_create_operator_key(root_.path() / "a" / "b").error().code, ErrorCode::kIo);
  write_file(root_.path() / "file", "");
  EXPECT_FALSE(load_or_create_operator_key(root_.path() / "file"));
}

}  // namespace
}  // namespace minions::attester
