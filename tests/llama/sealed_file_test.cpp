#include "llama/sealed_file.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fcntl.h>

#include "attester/temporary_directory.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::llama {
namespace {

class SealedFileTest : public testing::Test {
 protected:
  SealedFileTest() {
    for (std::uint64_t i = 0; i < 3'000'000; ++i) bytes_ += static_cast<char>(i * i >> 3);
    attester::write_file(path_, bytes_);
    from_.reset(std::fopen(path_.c_str(), "rbe"));
  }
  [[nodiscard]] Result<SealedFile> seal(std::stop_token stop = {}) {
    return seal_file(from_.get(), path_.string(), stop);
  }
  [[nodiscard]] static std::string read(std::FILE* file) {
    std::string text(4'000'000, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    return text;
  }

  attester::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "weights";
  std::string bytes_;
  File from_;
};

TEST_F(SealedFileTest, StaysWhatItWasWhenTheFileChanges) {
  const auto sealed = seal();
  ASSERT_TRUE(sealed) << sealed.error().detail;
  EXPECT_EQ(sealed->sha256, to_hex(crypto::sha256(as_bytes(bytes_))));
  const int number = ::fileno(sealed->file.get());
  void* const mapped = ::mmap(nullptr, bytes_.size(), PROT_READ, MAP_SHARED, number, 0);
  ASSERT_NE(mapped, MAP_FAILED) << "engines map it";
  const int other = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_EQ(::pwrite(other, "changed", 7, 100), 7);
  ::close(other);
  EXPECT_EQ(std::string_view(static_cast<const char*>(mapped), bytes_.size()), bytes_);
  EXPECT_EQ(::mprotect(mapped, 4096, PROT_READ | PROT_WRITE), -1);
  ::munmap(mapped, bytes_.size());
  EXPECT_EQ(read(sealed->file.get()), bytes_);
}

TEST_F(SealedFileTest, CannotBeWritten) {
  const auto sealed = seal();
  ASSERT_TRUE(sealed);
  const int number = ::fileno(sealed->file.get());
  EXPECT_EQ(::pwrite(number, "x", 1, 0), -1);
  EXPECT_EQ(::pwrite(number, "x", 1, static_cast<off_t>(bytes_.size())), -1);
  EXPECT_EQ(::ftruncate(number, 10), -1);
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0), MAP_FAILED);
  const std::string again = "/proc/self/fd/" + std::to_string(number);
  const int opened = ::open(again.c_str(), O_RDWR | O_CLOEXEC);
  if (opened >= 0) {
    EXPECT_EQ(::pwrite(opened, "x", 1, 0), -1);
    ::close(opened);
  }
  EXPECT_EQ(::fcntl(number, F_ADD_SEALS, F_SEAL_WRITE), -1) << "the seals are sealed";
}

TEST_F(SealedFileTest, MayBeBrokenOff) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(seal(stop.get_token()).error().code, ErrorCode::kCancelled);
}

// A file of holes: more than any machine has.
TEST_F(SealedFileTest, IsRefusedWhereMemoryIsShort) {
  if (::truncate(path_.c_str(), off_t{1} << 43) != 0) GTEST_SKIP() << "the file system holds no such file";
  const auto sealed = seal();
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().code, ErrorCode::kTooLarge);
  EXPECT_NE(sealed.error().detail.find(path_.string()), std::string::npos) << sealed.error().detail;
  EXPECT_NE(sealed.error().detail.find("8388608 MiB"), std::string::npos) << sealed.error().detail;
}

}  // namespace
}  // namespace minions::llama
