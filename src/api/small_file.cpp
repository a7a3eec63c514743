#include "api/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/file_descriptor.h"

namespace minions::api {
namespace {

constexpr std::size_t kSmallFileBytes = 1024 * 1024;

}  // namespace

Result<std::string> read_small_file(const std::string& file, std::string_view option) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string text(kSmallFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto count = static_cast<std::size_t>(in.gcount());
  if (!in.is_open() || in.bad() || (count == 0 && !in.eof()))
    return fail(ErrorCode::kUsage, fmt::format("{}: {} cannot be read{}{}", option, file, errno != 0 ? ": " : "",
                                               errno != 0 ? std::generic_category().message(errno) : ""));
  if (count > kSmallFileBytes)
    return fail(ErrorCode::kUsage, fmt::format("{}: {} is over {} bytes", option, file, kSmallFileBytes));
  text.resize(count);
  return text;
}

Status write_new_file(const std::string& file, std::string_view text, std::string_view rule, Readers readers) {
  const mode_t mode = readers == Readers::kAll ? 0644 : 0600;
  FileDescriptor opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!opened.is_open() && errno == EEXIST) return fail(ErrorCode::kUsage, fmt::format("{} exists; {}", file, rule));
  if (!opened.is_open()) return fail(ErrorCode::kIo, fmt::format("{}: {}", file, std::strerror(errno)));
  std::error_code failed = write_all(opened.get(), as_bytes(text));
  if (const auto closed = opened.close(); !failed) failed = closed;
  if (!failed) return {};
  ::unlink(file.c_str());
  return fail(ErrorCode::kIo, fmt::format("{}: {}", file, failed.message()));
}

}  // namespace minions::api
