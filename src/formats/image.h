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

// The media type that the content has, whatever the file is called; empty if it is no picture that is known here.
[[nodiscard]] std::string_view image_type(ByteView start);
// Nothing where the header is damaged, or says that a side is zero.
[[nodiscard]] std::optional<ImageHeader> read_image_header(ByteView bytes);

}  // namespace minions::formats
