#include "chat/image.h"

#include "base/encoding.h"

namespace minions::chat {
namespace {

// Two letters are too few to tell a bitmap from text: a header must follow them too. The size of the second header is
// that of one of its versions (BITMAPCOREHEADER to BITMAPV5HEADER), in a field of 4 little-endian bytes at 14; the 4
// bytes at 6 are reserved and zero.
bool is_bitmap(std::string_view text) {
  if (text.size() < 26 || !text.starts_with("BM")) return false;
  if (text.substr(6, 4) != std::string_view("\0\0\0\0", 4) || text.substr(15, 3) != std::string_view("\0\0\0", 3))
    return false;
  const auto header_bytes = static_cast<unsigned char>(text[14]);
  constexpr unsigned char kVersions[] = {12, 16, 40, 52, 56, 64, 108, 124};
  return std::find(std::begin(kVersions), std::end(kVersions), header_bytes) != std::end(kVersions);
}

}  // namespace

std::string_view image_media_type(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (text.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) return "image/gif";
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") return "image/webp";
  if (is_bitmap(text)) return "image/bmp";
  return {};
}

Result<Image> make_image(ByteView bytes) {
  const std::string_view type = image_media_type(bytes);
  if (type.empty()) return fail(ErrorCode::kUnsupported, "is no image that is known: want PNG, JPEG, GIF, WebP or BMP");
  return Image{std::string(type), Text(to_base64(bytes))};
}

void append_data_url(std::string& to, const Image& image) {
  to.append("data:").append(image.media_type).append(";base64,").append(image.base64.reveal());
}

}  // namespace minions::chat
