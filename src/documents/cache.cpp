#include "documents/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/byte_io.h"
#include "base/encoding.h"
#include "crypto/aead.h"

namespace minions::documents {
namespace {

// An entry is version || salt || AES-256-GCM(key of the salt, nonce 0, the record below), with the entry's name as
// associated data. Each entry has its own salt, so each key seals once and the nonce may be constant.
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kHeadBytes = 1 + kSaltBytes;
constexpr ByteArray<12> kNonce{};
constexpr std::string_view kKeyLabel = "minions document cache key 1";
constexpr std::string_view kNameLabel = "minions document cache name 1";
constexpr std::size_t kMaxEntryBytes = 16 * 1024 * 1024;  // longer texts are rare, and copies of them cost memory
constexpr std::string_view kEntrySuffix = ".entry";
constexpr std::string_view kNewSuffix = ".new";

tl::unexpected<Error> system_error(const std::filesystem::path& path) {
  return fail(ErrorCode::kIo, fmt::format("{}: {}", path.string(), std::strerror(errno)));
}

crypto::SecretArray<32> key_of_salt(const crypto::SecretArray<32>& key, ByteView salt) {
  return crypto::hmac_sha256(key.reveal(), {as_bytes(kKeyLabel), salt});
}

// kind || image? || notes || pages, each count and length 32 bits.
Bytes record_of(const Extracted& extracted) {
  Bytes record;
  append_be(record, static_cast<std::uint32_t>(extracted.kind));
  append_be(record, static_cast<std::uint32_t>(extracted.notes.size()));
  for (const std::string& note : extracted.notes) append_length_prefixed(record, as_bytes(note));
  append_be(record, static_cast<std::uint32_t>(extracted.pages.size()));
  for (const Page& page : extracted.pages) {
    append_be(record, page.number);
    append_length_prefixed(record, as_bytes(page.text.reveal()));
  }
  append_be(record, static_cast<std::uint32_t>(extracted.image ? 1 : 0));
  if (extracted.image) {
    append_length_prefixed(record, as_bytes(extracted.image->media_type));
    append_be(record, extracted.image->width);
    append_be(record, extracted.image->height);
  }
  return record;
}

Result<std::string> take_text(ByteReader& reader) {
  MINIONS_TRY_ASSIGN(const std::uint32_t size, reader.be<std::uint32_t>("length"));
  MINIONS_TRY_ASSIGN(const ByteView bytes, reader.take(size, "text"));
  return std::string(as_text(bytes));
}

Result<Extracted> extracted_in(ByteView record) {
  ByteReader reader(record);
  MINIONS_TRY_ASSIGN(const std::uint32_t kind, reader.be<std::uint32_t>("kind"));
  if (kind > static_cast<std::uint32_t>(DocumentKind::kImage)) return fail(ErrorCode::kMalformed, "kind");
  Extracted extracted{static_cast<DocumentKind>(kind), {}, {}};
  MINIONS_TRY_ASSIGN(const std::uint32_t notes, reader.be<std::uint32_t>("notes"));
  for (std::uint32_t i = 0; i < notes; ++i) {
    MINIONS_TRY_ASSIGN(std::string note, take_text(reader));
    extracted.notes.push_back(std::move(note));
  }
  MINIONS_TRY_ASSIGN(const std::uint32_t pages, reader.be<std::uint32_t>("pages"));
  for (std::uint32_t i = 0; i < pages; ++i) {
    MINIONS_TRY_ASSIGN(const std::uint32_t number, reader.be<std::uint32_t>("page"));
    MINIONS_TRY_ASSIGN(std::string text, take_text(reader));
    extracted.pages.push_back({number, crypto::SecretText(std::move(text))});
  }
  MINIONS_TRY_ASSIGN(const std::uint32_t images, reader.be<std::uint32_t>("image"));
  if (images != 0) {
    MINIONS_TRY_ASSIGN(std::string media_type, take_text(reader));
    MINIONS_TRY_ASSIGN(const std::uint32_t width, reader.be<std::uint32_t>("width"));
    MINIONS_TRY_ASSIGN(const std::uint32_t height, reader.be<std::uint32_t>("height"));
    extracted.image = ImageFacts{std::move(media_type), width, height};
  }
  MINIONS_TRY(reader.finish("entry"));
  return extracted;
}

Status write_new(const std::filesystem::path& path, ByteView bytes) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return system_error(path);
  const auto error = write_all(file.get(), bytes);
  if (!error) return {};
  ::unlink(path.c_str());
  return fail(ErrorCode::kIo, fmt::format("{}: {}", path.string(), error.message()));
}

// Owned by this user, and closed to all others.
Status check_private(const std::filesystem::path& path, const struct stat& status) {
  if (status.st_uid != geteuid()) return fail(ErrorCode::kRefused, path.string() + " belongs to another user");
  if ((status.st_mode & 077) == 0) return {};
  return fail(ErrorCode::kRefused,
              fmt::format("{} is open to other users (mode {:03o})", path.string(), status.st_mode & 0777));
}

Result<crypto::SecretArray<32>> read_key(const std::filesystem::path& path) {
  auto file = open_regular(path, Links::kRefused);
  if (!file) return fail(std::move(file).error().in(path.string()));
  struct stat status {};
  if (fstat(file->file.get(), &status) != 0) return system_error(path);
  MINIONS_TRY(check_private(path, status));
  crypto::SecretArray<32> key;
  if (file->size_bytes != 32)
    return fail(ErrorCode::kMalformed, fmt::format("{} is {} bytes, want 32", path.string(), file->size_bytes));
  if (pread(file->file.get(), key.writable().data(), 32, 0) != 32) return system_error(path);
  return key;
}

// Written next to it and linked into place, so that of two programs starting at once one wins with a whole key.
Result<crypto::SecretArray<32>> read_or_make_key(const std::filesystem::path& folder, crypto::Random& random) {
  const auto path = folder / "key";
  if (::access(path.c_str(), F_OK) == 0) return read_key(path);
  crypto::SecretArray<32> fresh;
  random.fill(fresh.writable());
  const auto beside = folder / ("key." + to_hex(random.bytes<8>()));
  MINIONS_TRY(write_new(beside, fresh.reveal()));
  const bool linked = ::link(beside.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const auto failure = system_error(path);
  ::unlink(beside.c_str());
  if (!linked) return failure;
  return read_key(path);
}

}  // namespace

Result<DocumentCache> DocumentCache::open(const std::filesystem::path& folder, crypto::Random& random, Limits limits) {
  std::error_code ignored;
  std::filesystem::create_directories(folder.parent_path(), ignored);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_error(folder);
  struct stat status {};
  if (::lstat(folder.c_str(), &status) != 0) return system_error(folder);
  if (!S_ISDIR(status.st_mode)) return fail(ErrorCode::kRefused, folder.string() + " is no folder");
  MINIONS_TRY(check_private(folder, status));
  MINIONS_TRY_ASSIGN(crypto::SecretArray<32> key, read_or_make_key(folder, random));
  return DocumentCache(folder, std::move(key), random, limits);
}

std::optional<std::filesystem::path> DocumentCache::default_folder() {
  const auto variable = [](const char* name) -> std::optional<std::filesystem::path> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value != '/') return std::nullopt;
    return std::filesystem::path(value);
  };
  if (const auto cache = variable("XDG_CACHE_HOME")) return *cache / "minions" / "documents";
  if (const auto home = variable("HOME")) return *home / ".cache" / "minions" / "documents";
  return std::nullopt;
}

Digest32 DocumentCache::entry_of(const Digest32& content, std::string_view how) const {
  const auto name = crypto::hmac_sha256(key_.reveal(), {as_bytes(kNameLabel), content, as_bytes(how)});
  Digest32 entry;
  std::copy(name.reveal().begin(), name.reveal().end(), entry.begin());
  return entry;
}

std::optional<Extracted> DocumentCache::find(const Digest32& entry) const {
  const auto path = folder_ / (to_hex(entry) + std::string(kEntrySuffix));
  const auto file = open_regular(path, Links::kRefused);
  if (!file || file->size_bytes < kHeadBytes + crypto::kAeadTagSize || file->size_bytes > kMaxEntryBytes)
    return std::nullopt;
  auto bytes = read_at(file->file, 0, file->size_bytes);
  if (!bytes) return std::nullopt;
  const MutableBytes all(reinterpret_cast<std::uint8_t*>(bytes->data()), bytes->size());
  if (all[0] != kVersion) return std::nullopt;
  const auto key = key_of_salt(key_, all.subspan(1, kSaltBytes));
  const MutableBytes sealed = all.subspan(kHeadBytes);
  const MutableBytes record = sealed.first(sealed.size() - crypto::kAeadTagSize);
  crypto::Opener opener(key.reveal());
  if (!opener.open(kNonce, entry, sealed, record)) {
    ::unlink(path.c_str());
    return std::nullopt;
  }
  auto extracted = extracted_in(record);
  crypto::wipe(all);
  if (!extracted) return std::nullopt;
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // used now
  return *std::move(extracted);
}

void DocumentCache::keep(const Digest32& entry, const Extracted& extracted) const {
  Bytes record = record_of(extracted);
  const std::size_t size = kHeadBytes + record.size() + crypto::kAeadTagSize;
  if (size <= kMaxEntryBytes && size <= limits_.bytes) {
    make_room(size);
    Bytes sealed(size);
    sealed[0] = kVersion;
    random_->fill(MutableBytes(sealed).subspan(1, kSaltBytes));
    const auto key = key_of_salt(key_, ByteView(sealed).subspan(1, kSaltBytes));
    const ByteView parts[] = {record};
    crypto::Sealer(key.reveal()).seal(kNonce, entry, parts, 0, MutableBytes(sealed).subspan(kHeadBytes));
    const auto path = folder_ / (to_hex(entry) + std::string(kEntrySuffix));
    const auto beside = folder_ / (to_hex(random_->bytes<8>()) + std::string(kNewSuffix));
    if (write_new(beside, sealed) && ::rename(beside.c_str(), path.c_str()) != 0) ::unlink(beside.c_str());
  }
  crypto::wipe(record);
}

// Counts the folder once, and again only when the bound is reached: other programs keep entries there too. Then removes
// a quarter, so that later entries need no new count.
void DocumentCache::make_room(std::uint64_t room_bytes) const {
  const std::lock_guard lock(state_->mutex);
  const bool fits = state_->counted && state_->bytes + room_bytes <= limits_.bytes && state_->entries < limits_.entries;
  if (!fits) drop_old_entries(room_bytes);
  state_->bytes += room_bytes;
  ++state_->entries;
}

void DocumentCache::drop_old_entries(std::uint64_t room_bytes) const {
  struct Entry {
    std::filesystem::file_time_type used;
    std::uint64_t bytes;
    std::filesystem::path path;
  };
  std::vector<Entry> entries;
  std::uint64_t total = 0;
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(folder_, error)) {
    std::error_code gone;
    const Entry entry{file.last_write_time(gone), file.file_size(gone), file.path()};
    if (gone || (entry.path.extension() != kEntrySuffix && entry.path.extension() != kNewSuffix)) continue;
    total += entry.bytes;
    entries.push_back(entry);
  }
  std::size_t left = entries.size();
  if (total + room_bytes > limits_.bytes || left >= limits_.entries) {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
    for (const Entry& entry : entries) {
      if (total + room_bytes <= limits_.bytes / 4 * 3 && left < std::max<std::size_t>(1, limits_.entries / 4 * 3))
        break;
      if (!std::filesystem::remove(entry.path, error)) continue;
      total -= entry.bytes;
      --left;
    }
  }
  state_->counted = true;
  state_->bytes = total;
  state_->entries = left;
}

Result<Digest32> content_hash(const FileOfSize& file) {
  constexpr std::size_t kBlockBytes = 1 << 20;
  crypto::Sha256 hash;
  for (std::size_t at = 0; at < file.size_bytes; at += kBlockBytes) {
    MINIONS_TRY_ASSIGN(const std::string block, read_at(file.file, at, std::min(kBlockBytes, file.size_bytes - at)));
    hash.update(as_bytes(block));
  }
  return std::move(hash).finish();
}

}  // namespace minions::documents
