// A file descriptor that closes itself, and reading a regular file that stands still.
#pragma once

#include <filesystem>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::documents {

class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~OpenFile() { close(); }

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  void close();
  // The caller closes it.
  [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_ = -1;
};

struct FileOfSize {
  OpenFile file;
  std::size_t size_bytes;
};

enum class Links { kFollowed, kRefused };  // a link at the end of the path
// Regular files only: pipes and devices would block or never end.
[[nodiscard]] Result<FileOfSize> open_regular(const std::filesystem::path& path, Links links = Links::kFollowed);

// A folder, to open others from: it stays the same one, whatever takes its place meanwhile. kNotFound, kIo; kDocument:
// it is none.
[[nodiscard]] Result<OpenFile> open_folder(const std::filesystem::path& path);
// By a path from the root, empty for the root itself. No part of it is followed where it is a symbolic link, so that
// nothing outside of the root is ever opened.
[[nodiscard]] Result<OpenFile> open_folder_below(const OpenFile& root, std::string_view path);
[[nodiscard]] Result<FileOfSize> open_regular_below(const OpenFile& root, std::string_view path);

// The bytes in memory as a file without a name, which no other process can open.
[[nodiscard]] Result<OpenFile> file_in_memory(ByteView bytes);
// The next reader of the descriptor begins at the start.
[[nodiscard]] Status rewind(const OpenFile& file);
[[nodiscard]] Result<std::size_t> size_of(const OpenFile& file);
// `size` bytes from `offset`; kIo if the file has fewer by now.
[[nodiscard]] Result<std::string> read_at(const OpenFile& file, std::size_t offset, std::size_t size);

}  // namespace minions::documents
