#include "base/file_descriptor.h"

#include <unistd.h>

#include <cerrno>

namespace minions {

std::error_code FileDescriptor::close() {
  if (number_ < 0 || ::close(release()) == 0) return {};
  return {errno, std::generic_category()};
}

std::error_code write_all(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return {errno, std::generic_category()};
    if (count == 0) return std::make_error_code(std::errc::io_error);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace minions
