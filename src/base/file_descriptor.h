// A file descriptor that closes itself, and a function that writes a whole buffer to one.
#pragma once

#include <system_error>
#include <utility>

#include "base/bytes.h"

namespace minions {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor() { (void)close(); }

  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  // The caller closes it.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }
  // Some files report a failed write only now. Does nothing if none is open.
  std::error_code close();

 private:
  int number_ = -1;
};

// Continues after signals and after partial writes.
[[nodiscard]] std::error_code write_all(int descriptor, ByteView bytes);

}  // namespace minions
