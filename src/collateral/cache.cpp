#include "collateral/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/byte_io.h"
#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "crypto/hash.h"

namespace minions::collateral {
namespace {

namespace fs = std::filesystem;

// "minions collateral 1\n" || question digest (32) || u64 fresh_until || u32 chain size || chain || body
constexpr std::string_view kMagic = "minions collateral 1\n";
constexpr std::size_t kHeaderBytes = kMagic.size() + 32 + 8 + 4;

std::optional<Bytes> read_own_file(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return std::nullopt;
  const bool ours = S_ISREG(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & 022) == 0;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (!ours || size < kHeaderBytes || size > 2 * kMostReplyBytes) return std::nullopt;
  Bytes bytes(size);
  for (std::size_t have = 0; have < size;) {
    const ssize_t count = ::read(file.get(), bytes.data() + have, size - have);
    if (count <= 0) return std::nullopt;
    have += static_cast<std::size_t>(count);
  }
  return bytes;
}

void drop_oldest(const fs::path& folder, std::size_t most) {
  std::vector<std::pair<fs::file_time_type, fs::path>> entries;
  std::error_code error;
  for (auto each = fs::directory_iterator(folder, error); !error && each != fs::directory_iterator();
       each.increment(error)) {
    const auto time = each->last_write_time(error);
    if (!error) entries.emplace_back(time, each->path());
  }
  if (entries.size() <= most) return;
  std::sort(entries.begin(), entries.end());
  for (std::size_t i = 0; i + most < entries.size(); ++i) fs::remove(entries[i].second, error);
}

}  // namespace

std::optional<fs::path> Cache::default_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return fs::path(cache) / "minions" / "collateral";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return fs::path(home) / ".cache" / "minions" / "collateral";
  return std::nullopt;
}

fs::path Cache::file_of(std::string_view question) const {
  return *folder_ / to_hex(crypto::sha256(as_bytes(question)));
}

std::optional<Cache::Entry> Cache::find(std::string_view question) const {
  if (!folder_) return std::nullopt;
  const auto bytes = read_own_file(file_of(question));
  if (!bytes) return std::nullopt;
  ByteReader reader(*bytes);
  const auto magic = reader.take(kMagic.size(), "magic");
  const auto digest = reader.take(32, "question");
  const auto fresh_until = reader.be<std::uint64_t>("time");
  const auto chain_size = reader.be<std::uint32_t>("chain size");
  if (!magic || as_text(*magic) != kMagic || !digest || !equal(*digest, crypto::sha256(as_bytes(question))) ||
      !fresh_until || !chain_size) {
    return std::nullopt;
  }
  const auto chain = reader.take(*chain_size, "chain");
  const auto body = chain ? reader.take(reader.left(), "body") : chain;
  if (!body) return std::nullopt;
  return Entry{{to_bytes(*body), to_bytes(*chain)}, static_cast<UnixSeconds>(*fresh_until)};
}

void Cache::put(std::string_view question, const Entry& entry) const {
  if (!folder_) return;
  std::error_code error;
  fs::create_directories(folder_->parent_path(), error);
  if (::mkdir(folder_->c_str(), 0700) == 0) error.clear();
  Bytes bytes;
  append(bytes, kMagic);
  append(bytes, crypto::sha256(as_bytes(question)));
  append_be(bytes, static_cast<std::uint64_t>(entry.fresh_until));
  append_be(bytes, static_cast<std::uint32_t>(entry.reply.issuer_chain.size()));
  append(bytes, entry.reply.issuer_chain);
  append(bytes, entry.reply.body);
  const fs::path path = file_of(question);
  std::string temporary = path.string() + ".XXXXXX";
  const FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.is_open()) return;
  if (write_all(file.get(), bytes) || ::rename(temporary.c_str(), path.c_str()) != 0) ::unlink(temporary.c_str());
  drop_oldest(*folder_, kMostEntries);
}

}  // namespace minions::collateral
