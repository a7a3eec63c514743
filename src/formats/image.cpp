#include "formats/image.h"

#include <algorithm>

namespace minions::formats {
namespace {

using Size = std::optional<std::pair<std::uint32_t, std::uint32_t>>;

// Numbers at an offset already checked to be inside.
std::uint32_t big(ByteView bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (const std::uint8_t byte : bytes.subspan(at, size)) number = number << 8 | byte;
  return number;
}
std::uint32_t little(ByteView bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8 | bytes[at + i];
  return number;
}

bool has(ByteView bytes, std::size_t at, std::string_view mark) {
  return bytes.size() >= at + mark.size() && as_text(bytes.subspan(at, mark.size())) == mark;
}

// The first chunk is the header: PNG specification, section 11.2.1.
Size png_size(ByteView bytes) {
  if (bytes.size() < 24 || !has(bytes, 12, "IHDR")) return std::nullopt;
  return std::pair(big(bytes, 16, 4), big(bytes, 20, 4));
}

Size gif_size(ByteView bytes) {
  if (bytes.size() < 10) return std::nullopt;
  return std::pair(little(bytes, 6, 2), little(bytes, 8, 2));
}

// Segments up to a start of frame, whose markers are C0 to CF without C4, C8 and CC: ITU T.81, annex B.
Size jpeg_size(ByteView bytes) {
  std::size_t at = 2;
  while (at + 4 <= bytes.size()) {
    if (bytes[at] != 0xFF) return std::nullopt;
    const std::uint8_t marker = bytes[at + 1];
    if (marker == 0xFF) {
      ++at;
      continue;
    }
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) {
      if (at + 9 > bytes.size()) return std::nullopt;
      return std::pair(big(bytes, at + 7, 2), big(bytes, at + 5, 2));
    }
    const std::uint32_t length = big(bytes, at + 2, 2);
    if (length < 2) return std::nullopt;
    at += 2 + length;
  }
  return std::nullopt;
}

// Lossy, lossless and extended: RFC 9649, sections 2.5 to 2.7.
Size webp_size(ByteView bytes) {
  if (bytes.size() < 30) return std::nullopt;
  if (has(bytes, 12, "VP8 ")) return std::pair(little(bytes, 26, 2) & 0x3FFF, little(bytes, 28, 2) & 0x3FFF);
  if (has(bytes, 12, "VP8X")) return std::pair(little(bytes, 24, 3) + 1, little(bytes, 27, 3) + 1);
  if (!has(bytes, 12, "VP8L")) return std::nullopt;
  const std::uint32_t bits = little(bytes, 21, 4);
  return std::pair((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
}

// Rows may be stored from the top, marked by a negative height.
Size bmp_size(ByteView bytes) {
  if (bytes.size() < 26) return std::nullopt;
  if (little(bytes, 14, 4) == 12) return std::pair(little(bytes, 18, 2), little(bytes, 20, 2));
  const auto height = static_cast<std::int32_t>(little(bytes, 22, 4));
  return std::pair(little(bytes, 18, 4),
                   height < 0 ? 0U - static_cast<std::uint32_t>(height) : static_cast<std::uint32_t>(height));
}

Size size_of(std::string_view type, ByteView bytes) {
  if (type == "image/png") return png_size(bytes);
  if (type == "image/gif") return gif_size(bytes);
  if (type == "image/jpeg") return jpeg_size(bytes);
  if (type == "image/webp") return webp_size(bytes);
  return bmp_size(bytes);
}

}  // namespace

std::string_view image_type(ByteView start) {
  if (has(start, 0, "\x89PNG\r\n\x1A\n")) return "image/png";
  if (has(start, 0, "GIF87a") || has(start, 0, "GIF89a")) return "image/gif";
  if (has(start, 0, "\xFF\xD8\xFF")) return "image/jpeg";
  if (has(start, 0, "RIFF") && has(start, 8, "WEBP")) return "image/webp";
  // "BM" begins words too: the reserved fields must be zero and the header's size an existing one.
  if (!has(start, 0, "BM") || start.size() < 18 || little(start, 6, 4) != 0) return {};
  constexpr std::uint32_t kHeaderSizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
  const bool known =
      std::find(std::begin(kHeaderSizes), std::end(kHeaderSizes), little(start, 14, 4)) != std::end(kHeaderSizes);
  return known ? "image/bmp" : std::string_view{};
}

std::optional<ImageHeader> read_image_header(ByteView bytes) {
  const std::string_view type = image_type(bytes);
  if (type.empty()) return std::nullopt;
  const Size size = size_of(type, bytes);
  if (!size || size->first == 0 || size->second == 0) return std::nullopt;
  return ImageHeader{type, size->first, size->second};
}

}  // namespace minions::formats
