#include "formats/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace minions::formats {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::uint32_t kMaxParts = 100'000;
// Deflate reaches 1,032 to 1; workbook sheets full of one value about 60 to 1.
constexpr std::uint64_t kInnocentBytes = 64 * 1024 * 1024;
constexpr std::uint64_t kMaxRatio = 200;
constexpr std::uint64_t kMaxInflatedBytes = std::uint64_t{2} << 30;

using Consumer = std::function<Read<void>(ByteView)>;

// Office Open XML names its parts in either case; some writers with backslashes.
bool is_same_part(std::string_view a, std::string_view b) {
  const auto plain = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c == '\\' ? '/' : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return plain(x) == plain(y); });
}

}  // namespace

// The archive, from its start to its end.
class Zip::Pass {
 public:
  explicit Pass(Zip& zip) : zip_(zip), archive_(archive_read_new()), block_(kBlockBytes) {}
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;
  ~Pass() { archive_read_free(archive_); }

  [[nodiscard]] Read<void> open() {
    struct stat status {};
    if (lseek(zip_.descriptor_, 0, SEEK_SET) != 0 || fstat(zip_.descriptor_, &status) != 0)
      return stop(ExtractExit::kDamaged);
    archive_bytes_ = static_cast<std::uint64_t>(status.st_size);
    if (archive_read_support_format_zip_seekable(archive_) != ARCHIVE_OK ||
        archive_read_open_fd(archive_, zip_.descriptor_, kBlockBytes) != ARCHIVE_OK)
      return stop(ExtractExit::kDamaged);
    return {};
  }

  // The next part's name, empty at the end. Parts whose names are not text are named "?".
  [[nodiscard]] Read<std::string> next() {
    archive_entry* entry = nullptr;
    const int outcome = archive_read_next_header(archive_, &entry);
    if (outcome == ARCHIVE_EOF) return std::string();
    if (outcome != ARCHIVE_OK && outcome != ARCHIVE_WARN) return stop(ExtractExit::kDamaged);
    if (++parts_ > kMaxParts) return stop(ExtractExit::kBomb);
    encrypted_ = archive_entry_is_encrypted(entry) != 0;
    const char* const name = archive_entry_pathname(entry);
    return std::string(name == nullptr || *name == '\0' ? "?" : name);
  }

  [[nodiscard]] Read<void> data(const Consumer& consume) {
    if (encrypted_) return stop(ExtractExit::kEncrypted);
    for (;;) {
      const la_ssize_t count = archive_read_data(archive_, block_.data(), block_.size());
      if (count < 0) return stop(archive_errno(archive_) == ENOMEM ? ExtractExit::kOutOfMemory : ExtractExit::kDamaged);
      if (count == 0) return {};
      const auto size = static_cast<std::size_t>(count);
      zip_.inflated_bytes_ += size;
      if (is_bomb(zip_.inflated_bytes_)) return stop(ExtractExit::kBomb);
      if (auto consumed = consume(ByteView(block_).first(size)); !consumed) return consumed;
    }
  }

 private:
  [[nodiscard]] bool is_bomb(std::uint64_t inflated) const {
    return inflated > kMaxInflatedBytes || (inflated > kInnocentBytes && inflated / kMaxRatio > archive_bytes_);
  }

  Zip& zip_;
  archive* archive_;
  std::vector<std::uint8_t> block_;
  std::uint64_t archive_bytes_ = 0;
  std::uint32_t parts_ = 0;
  bool encrypted_ = false;
};

Read<void> Zip::parse(Pass& pass, XmlHandler& handler) {
  XmlReader reader(handler);
  if (auto read = pass.data([&](ByteView bytes) { return reader.feed(bytes); }); !read) return read;
  if (auto finished = reader.finish(); !finished) return finished;
  control_characters_ += reader.control_characters();
  return {};
}

Read<void> Zip::parse_parts(const std::function<XmlHandler*(std::string_view name)>& handler_of) {
  Pass pass(*this);
  if (auto opened = pass.open(); !opened) return opened;
  for (;;) {
    auto name = pass.next();
    if (!name) return stop(name.error());
    if (name->empty()) return {};
    XmlHandler* const handler = handler_of(*name);
    if (handler == nullptr) continue;
    if (auto read = parse(pass, *handler); !read) return read;
  }
}

Read<std::uint64_t> Zip::parse_minor_parts(const std::function<XmlHandler*(std::string_view name)>& handler_of) {
  Pass pass(*this);
  std::uint64_t unread = 0;
  if (auto opened = pass.open(); !opened) return stop(opened.error());
  for (;;) {
    auto name = pass.next();
    if (!name) return stop(name.error());
    if (name->empty()) return unread;
    XmlHandler* const handler = handler_of(*name);
    if (handler == nullptr) continue;
    auto read = parse(pass, *handler);
    if (read) continue;
    if (read.error() != ExtractExit::kDamaged && read.error() != ExtractExit::kDocumentType) return stop(read.error());
    ++unread;
  }
}

Read<void> Zip::parse_part(std::string_view wanted, XmlHandler& handler) {
  bool found = false;
  auto parsed = parse_parts([&](std::string_view name) -> XmlHandler* {
    if (found || !is_same_part(name, wanted)) return nullptr;
    found = true;
    return &handler;
  });
  if (parsed && !found) return stop(ExtractExit::kDamaged);
  return parsed;
}

Read<std::string> Zip::small_part(std::string_view wanted, std::size_t limit_bytes) {
  Pass pass(*this);
  if (auto opened = pass.open(); !opened) return stop(opened.error());
  for (;;) {
    auto name = pass.next();
    if (!name) return stop(name.error());
    if (name->empty()) return std::string();
    if (!is_same_part(*name, wanted)) continue;
    std::string text;
    auto read = pass.data([&](ByteView bytes) -> Read<void> {
      if (text.size() + bytes.size() > limit_bytes) return stop(ExtractExit::kDamaged);
      text.append(as_text(bytes));
      return {};
    });
    if (!read) return stop(read.error());
    return text;
  }
}

}  // namespace minions::formats
