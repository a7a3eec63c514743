// Opens and reads regular files that do not change.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/file_descriptor.h"
#include "base/result.h"

namespace minions::documents {

struct FileOfSize {
  FileDescriptor file;
  std::size_t size_bytes;
};

enum class Links { kFollowed, kRefused };  // a link at the end of the path
// Regular files only: pipes and devices would block or never end.
[[nodiscard]] Result<FileOfSize> open_regular(const std::filesystem::path& path, Links links = Links::kFollowed);

// A folder, to open other files from: it stays the same one, whatever replaces it meanwhile. kNotFound, kIo; kDocument:
// not a folder.
[[nodiscard]] Result<FileDescriptor> open_folder(const std::filesystem::path& path);
// By a path from the root, empty for the root itself. Follows no symbolic link in any part of it, so nothing outside
// the root is ever opened.
[[nodiscard]] Result<FileDescriptor> open_folder_below(const FileDescriptor& root, std::string_view path);
[[nodiscard]] Result<FileOfSize> open_regular_below(const FileDescriptor& root, std::string_view path);

// The bytes in memory, as a file without a name, which no other process can open.
[[nodiscard]] Result<FileDescriptor> file_in_memory(ByteView bytes);
// The next reader of the descriptor begins at the start.
[[nodiscard]] Status rewind(const FileDescriptor& file);
[[nodiscard]] Result<std::size_t> size_of(const FileDescriptor& file);
// `size` bytes from `offset`; kIo if the file has become shorter.
[[nodiscard]] Result<std::string> read_at(const FileDescriptor& file, std::size_t offset, std::size_t size);

}  // namespace minions::documents
