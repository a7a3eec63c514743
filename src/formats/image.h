// The kind and the size of a picture, from its first bytes. Pixels are never decoded here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace minions::formats {

struct ImageHeader {
  std::string_view media_type;
  std::uint32_t width;  // in pixels
  std::uint32_t height;
};

// The media type of the content, whatever the file's name; empty if it is not a known picture.
[[nodiscard]] std::string_view image_type(ByteView start);
// Nothing if the header is damaged, or states a side of zero.
[[nodiscard]] std::optional<ImageHeader> read_image_header(ByteView bytes);

}  // namespace minions::formats
