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

constexpr int kReadFile = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kReadFolder = O_RDONLY | O_CLOEXEC | O_DIRECTORY;

// What open gave, if it is a regular file.
Result<FileOfSize> regular(OpenFile file, Links links) {
  if (!file.is_open() && errno == ELOOP && links == Links::kRefused)
    return fail(ErrorCode::kDocument, "is a symbolic link");
  if (!file.is_open()) return system_error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, "cannot be opened");
  struct stat status {};
  if (fstat(file.descriptor(), &status) != 0) return system_error(ErrorCode::kIo, "cannot be examined");
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::kDocument, "is a folder, want a file");
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kDocument, "is not a regular file");
  return FileOfSize{std::move(file), static_cast<std::size_t>(status.st_size)};
}

Result<OpenFile> folder(OpenFile file) {
  if (file.is_open()) return file;
  const ErrorCode code = errno == ENOENT                      ? ErrorCode::kNotFound
                         : errno == ENOTDIR || errno == ELOOP ? ErrorCode::kDocument
                                                              : ErrorCode::kIo;
  return system_error(code, "cannot be listed");
}

struct LastStep {
  OpenFile above;  // closed: the root
  std::string name;

  [[nodiscard]] int from(const OpenFile& root) const {
    return above.is_open() ? above.descriptor() : root.descriptor();
  }
};

// Folder by folder, since O_NOFOLLOW speaks of the last part of a path only.
Result<LastStep> walk_to(const OpenFile& root, std::string_view path) {
  LastStep step;
  while (path.ends_with('/')) path.remove_suffix(1);
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    const std::string name(path.substr(0, slash));
    if (name == "..") return fail(ErrorCode::kDocument, "its path leads out of the folder");
    OpenFile next(::openat(step.from(root), name.c_str(), O_PATH | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW));
    if (!next.is_open()) return system_error(ErrorCode::kIo, "a folder above it cannot be opened");
    step.above = std::move(next);
    path.remove_prefix(slash + 1);
  }
  if (path == "..") return fail(ErrorCode::kDocument, "its path leads out of the folder");
  step.name = path.empty() ? "." : path;
  return step;
}

}  // namespace

void OpenFile::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Result<FileOfSize> open_regular(const std::filesystem::path& path, Links links) {
  return regular(OpenFile(::open(path.c_str(), kReadFile | (links == Links::kRefused ? O_NOFOLLOW : 0))), links);
}

Result<OpenFile> open_folder(const std::filesystem::path& path) {
  return folder(OpenFile(::open(path.c_str(), kReadFolder)));
}

Result<OpenFile> open_folder_below(const OpenFile& root, std::string_view path) {
  MINIONS_TRY_ASSIGN(const LastStep last, walk_to(root, path));
  return folder(OpenFile(::openat(last.from(root), last.name.c_str(), kReadFolder | O_NOFOLLOW)));
}

Result<FileOfSize> open_regular_below(const OpenFile& root, std::string_view path) {
  MINIONS_TRY_ASSIGN(const LastStep last, walk_to(root, path));
  return regular(OpenFile(::openat(last.from(root), last.name.c_str(), kReadFile | O_NOFOLLOW)), Links::kRefused);
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
