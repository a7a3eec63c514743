#include "documents/open_file.h"

#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace minions::documents {
namespace {

class Below : public ::testing::Test {
 protected:
  Below() {
    for (const char* file : {"root/top.txt", "root/sub/deep/file.txt", "outside/secret.txt"}) folder_.write(file, "x");
    root_ = open_folder(path("root"));
  }
  [[nodiscard]] std::filesystem::path path(std::string_view below) const { return folder_.path() / below; }
  void expect_refused(std::string_view below) {
    EXPECT_FALSE(open_regular_below(*root_, below)) << below;
    EXPECT_FALSE(open_folder_below(*root_, below)) << below;
  }

  test::TemporaryFolder folder_;
  Result<FileDescriptor> root_;
};

TEST_F(Below, OpensFilesAndFoldersAtAnyDepth) {
  EXPECT_TRUE(open_regular_below(*root_, "top.txt"));
  EXPECT_TRUE(open_regular_below(*root_, "sub/deep/file.txt"));
  for (const char* folder : {"", "sub", "sub/", "sub/deep/"}) EXPECT_TRUE(open_folder_below(*root_, folder)) << folder;
}

// What somebody puts in the place of a folder between its listing and its reading.
TEST_F(Below, FollowsNoLinkAnywhereOnTheWay) {
  std::filesystem::create_directory_symlink(path("outside"), path("root/link"));
  std::filesystem::rename(path("root/sub/deep"), path("root/sub/moved"));
  std::filesystem::create_directory_symlink(path("outside"), path("root/sub/deep"));
  for (const char* below : {"link", "link/", "link/secret.txt", "sub/deep/secret.txt"}) expect_refused(below);
}

TEST_F(Below, LeadsNowhereAbove) {
  for (const char* below : {"..", "../", "../outside", "../outside/secret.txt", "sub/../../outside/secret.txt"})
    expect_refused(below);
}

TEST_F(Below, StaysInTheFolderThatWasOpened) {
  std::filesystem::rename(path("root"), path("renamed"));
  std::filesystem::create_directory_symlink(path("outside"), path("root"));
  EXPECT_TRUE(open_regular_below(*root_, "top.txt"));
  EXPECT_FALSE(open_regular_below(*root_, "secret.txt"));
}

TEST_F(Below, SaysWhatIsNoFile) {
  EXPECT_EQ(open_regular_below(*root_, "sub").error().detail, "is a folder, want a file");
  EXPECT_EQ(open_regular_below(*root_, "absent").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(open_folder_below(*root_, "top.txt").error().code, ErrorCode::kDocument);
}

}  // namespace
}  // namespace minions::documents
