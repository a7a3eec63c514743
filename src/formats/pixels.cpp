#include "formats/pixels.h"

#include "formats/image.h"
#include "formats/picture_readers.h"

namespace minions::formats {

Read<void> read_pixels(ByteView picture, const PixelLimits& limits, PixelOutput& output) {
  const std::string_view type = image_type(picture);
  const auto reader = type == "image/png"    ? read_png
                      : type == "image/jpeg" ? read_jpeg
                      : type == "image/gif"  ? read_gif
                      : type == "image/webp" ? read_webp
                                             : nullptr;
  if (reader == nullptr) return stop(ExtractExit::kUnknownPicture);
  const auto header = read_image_header(picture);
  if (!header) return stop(ExtractExit::kDamaged);
  // Before the libraries see it; RowWriter checks what they read from the header themselves against the limit.
  if (std::uint64_t{header->width} * header->height > limits.max_pixels) return stop(ExtractExit::kTooManyPixels);
  RowWriter writer(output, limits.max_pixels);
  return reader(picture, writer);
}

}  // namespace minions::formats
