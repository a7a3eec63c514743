#include "documents/open_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace minions::documents {
namespace {

tl::unexpected<Error> system_error(ErrorCode code, std::string_view what) {
  return fail(code, fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

void OpenFile::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Result<FileOfSize> open_regular(const std::filesystem::path& path, Links links) {
  const int no_link = links == Links::kRefused ? O_NOFOLLOW : 0;
  OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | no_link));
  if (!file.is_open() && errno == ELOOP && no_link != 0) return fail(ErrorCode::kDocument, "is a symbolic link");
  if (!file.is_open()) return system_error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, "cannot be opened");
  struct stat status {};
  if (fstat(file.descriptor(), &status) != 0) return system_error(ErrorCode::kIo, "cannot be examined");
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::kDocument, "is a folder, want a file");
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kDocument, "is not a regular file");
  return FileOfSize{std::move(file), static_cast<std::size_t>(status.st_size)};
}

Result<OpenFile> file_in_memory(ByteView bytes) {
  OpenFile file(memfd_create("document", MFD_CLOEXEC));
  if (!file.is_open()) return system_error(ErrorCode::kIo, "a file in memory cannot be made");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.descriptor(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_error(ErrorCode::kIo, "a file in memory cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return file;
}

Status rewind(const OpenFile& file) {
  if (lseek(file.descriptor(), 0, SEEK_SET) != 0) return system_error(ErrorCode::kIo, "cannot be read from its start");
  return {};
}

Result<std::size_t> size_of(const OpenFile& file) {
  struct stat status {};
  if (fstat(file.descriptor(), &status) != 0) return system_error(ErrorCode::kIo, "cannot be examined");
  return static_cast<std::size_t>(status.st_size);
}

Result<std::string> read_at(const OpenFile& file, std::size_t offset, std::size_t size) {
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = pread(file.descriptor(), text.data() + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(ErrorCode::kIo, "cannot be read");
    if (count == 0)
      return fail(ErrorCode::kIo,
                  fmt::format("ends at byte {}, want {}: it is being changed", offset + done, offset + size));
    done += static_cast<std::size_t>(count);
  }
  return text;
}

}  // namespace minions::documents
