#include "evidence_reading.h"

#include <fmt/format.h>

#include <fstream>

namespace minions::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceLimitBytes = 16 * 1024 * 1024;
constexpr std::size_t kFolderLimit = 256;

Result<Bytes> read_whole(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!in || error) return fail(ErrorCode::kUsage, fmt::format("{}: cannot be read", path.string()));
  if (size > kPieceLimitBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("{} bytes, at most {}", size, kPieceLimitBytes));
  Bytes bytes(size);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (in.gcount() != static_cast<std::streamsize>(bytes.size()))
    return fail(ErrorCode::kIo, fmt::format("{}: cannot be read whole", path.string()));
  return bytes;
}

std::string shown_name(const fs::path& path) { return attestation::shown(path.filename().string()); }

// In the order of their names, but the named one first.
Result<std::vector<fs::path>> list(const fs::path& folder, const std::optional<std::string>& named,
                                   std::vector<std::string>& not_read) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;
    if (entry->is_regular_file(unknown)) {
      paths.push_back(entry->path());
    } else {
      not_read.push_back(shown_name(entry->path()) + ": no file; give a folder by itself");
    }
  }
  if (error) return fail(ErrorCode::kUsage, fmt::format("{}: cannot be read", folder.string()));
  if (paths.size() > kFolderLimit)
    return fail(ErrorCode::kUsage,
                fmt::format("{}: {} files, at most {}", folder.string(), paths.size(), kFolderLimit));
  std::sort(paths.begin(), paths.end());
  std::stable_partition(paths.begin(), paths.end(), [&](const fs::path& path) { return path.filename() == named; });
  return paths;
}

}  // namespace

Result<audit::EvidenceFiles> read_evidence(const fs::path& target) {
  std::error_code error;
  const bool is_folder = fs::is_directory(target, error);
  const fs::path absolute = fs::absolute(target, error);
  std::optional<std::string> named;
  if (!is_folder) named = absolute.filename();
  std::vector<std::string> not_read;
  std::vector<audit::NamedFile> files;
  MINIONS_TRY_ASSIGN(const auto paths, list(is_folder ? target : absolute.parent_path(), named, not_read));
  for (const fs::path& path : paths) {
    auto bytes = read_whole(path);
    if (bytes) {
      files.push_back({path.filename(), "", *std::move(bytes)});
    } else if (bytes.error().code == ErrorCode::kTooLarge) {
      not_read.push_back(shown_name(path) + ": " + bytes.error().detail);
    } else {
      return fail(std::move(bytes).error());
    }
  }
  auto sorted = audit::EvidenceFiles::sorted(std::move(files), std::move(named), std::move(not_read));
  if (!sorted) return fail(std::move(sorted).error().in(target.string()));
  return sorted;
}

}  // namespace minions::app
