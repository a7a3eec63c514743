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

// What open returned, if it is a regular file.
Result<FileOfSize> regular(FileDescriptor file, Links links) {
  if (!file.is_open() && errno == ELOOP && links == Links::kRefused)
    return fail(ErrorCode::kDocument, "is a symbolic link");
  if (!file.is_open()) return system_error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, "cannot be opened");
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return system_error(ErrorCode::kIo, "cannot be examined");
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::kDocument, "is a folder, want a file");
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kDocument, "is not a regular file");
  return FileOfSize{std::move(file), static_cast<std::size_t>(status.st_size)};
}

Result<FileDescriptor> folder(FileDescriptor file) {
  if (file.is_open()) return file;
  const ErrorCode code = errno == ENOENT                      ? ErrorCode::kNotFound
                         : errno == ENOTDIR || errno == ELOOP ? ErrorCode::kDocument
                                                              : ErrorCode::kIo;
  return system_error(code, "cannot be listed");
}

struct LastStep {
  FileDescriptor above;  // closed: the root
  std::string name;

  [[nodiscard]] int from(const FileDescriptor& root) const { return above.is_open() ? above.get() : root.get(); }
};

// Folder by folder, since O_NOFOLLOW applies only to the last part of a path.
Result<LastStep> walk_to(const FileDescriptor& root, std::string_view path) {
  LastStep step;
  while (path.ends_with('/')) path.remove_suffix(1);
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    const std::string name(path.substr(0, slash));
    if (name == "..") return fail(ErrorCode::kDocument, "its path leads out of the folder");
    FileDescriptor next(::openat(step.from(root), name.c_str(), O_PATH | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW));
    if (!next.is_open()) return system_error(ErrorCode::kIo, "a folder above it cannot be opened");
    step.above = std::move(next);
    path.remove_prefix(slash + 1);
  }
  if (path == "..") return fail(ErrorCode::kDocument, "its path leads out of the folder");
  step.name = path.empty() ? "." : path;
  return step;
}

}  // namespace

Result<FileOfSize> open_regular(const std::filesystem::path& path, Links links) {
  return regular(FileDescriptor(::open(path.c_str(), kReadFile | (links == Links::kRefused ? O_NOFOLLOW : 0))), links);
}

Result<FileDescriptor> open_folder(const std::filesystem::path& path) {
  return folder(FileDescriptor(::open(path.c_str(), kReadFolder)));
}

Result<FileDescriptor> open_folder_below(const FileDescriptor& root, std::string_view path) {
  MINIONS_TRY_ASSIGN(const LastStep last, walk_to(root, path));
  return folder(FileDescriptor(::openat(last.from(root), last.name.c_str(), kReadFolder | O_NOFOLLOW)));
}

Result<FileOfSize> open_regular_below(const FileDescriptor& root, std::string_view path) {
  MINIONS_TRY_ASSIGN(const LastStep last, walk_to(root, path));
  return regular(FileDescriptor(::openat(last.from(root), last.name.c_str(), kReadFile | O_NOFOLLOW)), Links::kRefused);
}

Result<FileDescriptor> file_in_memory(ByteView bytes) {
  FileDescriptor file(memfd_create("document", MFD_CLOEXEC));
  if (!file.is_open()) return system_error(ErrorCode::kIo, "a file in memory cannot be made");
  if (const auto error = write_all(file.get(), bytes))
    return fail(ErrorCode::kIo, "a file in memory cannot be written: " + error.message());
  return file;
}

Status rewind(const FileDescriptor& file) {
  if (lseek(file.get(), 0, SEEK_SET) != 0) return system_error(ErrorCode::kIo, "cannot be read from its start");
  return {};
}

Result<std::size_t> size_of(const FileDescriptor& file) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return system_error(ErrorCode::kIo, "cannot be examined");
  return static_cast<std::size_t>(status.st_size);
}

Result<std::string> read_at(const FileDescriptor& file, std::size_t offset, std::size_t size) {
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = pread(file.get(), text.data() + done, size - done, static_cast<off_t>(offset + done));
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
