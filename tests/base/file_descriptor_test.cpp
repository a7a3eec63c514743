#include "base/file_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace minions {
namespace {

struct Pipe {
  FileDescriptor reading;
  FileDescriptor writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

bool is_open(int number) { return ::fcntl(number, F_GETFD) >= 0; }

TEST(FileDescriptor, ClosesWhatItHoldsOnce) {
  int number = -1;
  {
    Pipe pipe = make_pipe();
    number = pipe.reading.get();
    FileDescriptor moved = std::move(pipe.reading);
    EXPECT_FALSE(pipe.reading.is_open());
    EXPECT_EQ(moved.get(), number);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(FileDescriptor, ReportsWhatClosingDid) {
  Pipe pipe = make_pipe();
  EXPECT_FALSE(pipe.reading.close());
  EXPECT_FALSE(pipe.reading.is_open());
  EXPECT_FALSE(pipe.reading.close());
  FileDescriptor none(1 << 20);
  EXPECT_EQ(none.close(), std::errc::bad_file_descriptor);
}

TEST(WriteAll, WritesOnWhereAWriteTookAPart) {
  Pipe pipe = make_pipe();
  const Bytes sent(1'000'000, 7);  // a pipe holds 64 KiB
  std::size_t received = 0;
  std::thread reader([&] {
    Bytes piece(4096);
    for (ssize_t count = 1; count > 0; received += static_cast<std::size_t>(count))
      count = ::read(pipe.reading.get(), piece.data(), piece.size());
  });
  EXPECT_FALSE(write_all(pipe.writing.get(), sent));
  (void)pipe.writing.close();
  reader.join();
  EXPECT_EQ(received, sent.size());
}

TEST(WriteAll, ReportsWhatCannotBeWritten) {
  Pipe pipe = make_pipe();
  EXPECT_EQ(write_all(pipe.reading.get(), Bytes{1}), std::errc::bad_file_descriptor);
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(write_all(full.get(), Bytes{1}), std::errc::no_space_on_device);
}

}  // namespace
}  // namespace minions
