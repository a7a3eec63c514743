#include "formats/exif.h"

#include <optional>

namespace minions::formats {
namespace {

using namespace std::string_view_literals;

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kShort = 3;
constexpr std::size_t kEntryBytes = 12;

// TIFF 6.0, section 2: numbers in the byte order that the header names.
class Tiff {
 public:
  explicit Tiff(ByteView bytes) : bytes_(bytes) {}

  [[nodiscard]] bool has_header() {
    const std::string_view start = as_text(bytes_).substr(0, 4);
    big_ = start == "MM\0\x2A"sv;
    return big_ || start == "II\x2A\0"sv;
  }
  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes_[at + (big_ ? i : size - 1 - i)];
    return value;
  }

 private:
  ByteView bytes_;
  bool big_ = false;
};

}  // namespace

Orientation read_orientation(ByteView exif) {
  if (as_text(exif).starts_with("Exif\0\0"sv)) exif = exif.subspan(6);
  Tiff tiff(exif);
  if (!tiff.has_header()) return Orientation::kUpright;
  const std::size_t directory = tiff.number(4, 4).value_or(0);
  const std::uint32_t entries = tiff.number(directory, 2).value_or(0);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    const auto tag = tiff.number(entry, 2);
    if (!tag) break;  // the data ends here
    if (*tag != kOrientationTag) continue;
    const auto value = tiff.number(entry + 8, 2);
    const bool is_one_short = tiff.number(entry + 2, 2) == kShort && tiff.number(entry + 4, 4) == 1U;
    if (!is_one_short || !value || *value < 1 || *value > 8) break;
    return static_cast<Orientation>(*value);
  }
  return Orientation::kUpright;
}

}  // namespace minions::formats
