// Takes the rows of one picture as stored and passes them on as displayed: checked against the pixel limit, over white,
// upright. An upright picture passes through; a rotated one is collected first.
#pragma once

#include "formats/exif.h"
#include "formats/pixels.h"

namespace minions::formats {

class RowWriter {
 public:
  RowWriter(PixelOutput& output, std::uint64_t max_pixels) : output_(output), max_pixels_(max_pixels) {}

  // Before memory is allocated for pixels: kTooManyPixels; kDamaged for a side of zero. Sides as stored.
  [[nodiscard]] Read<void> begin(std::uint32_t width, std::uint32_t height, Orientation orientation);
  // The next row: 3 bytes per pixel, or 4 with the opacity last. No more than `height` rows.
  void rgb(ByteView row);
  void rgba(ByteView row);
  // kDamaged if rows are missing.
  [[nodiscard]] Read<void> finish();

 private:
  void write_turned();

  PixelOutput& output_;
  std::uint64_t max_pixels_;
  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  std::uint32_t rows_ = 0;  // that came
  Orientation orientation_ = Orientation::kUpright;
  Bytes opaque_;     // one row
  Bytes collected_;  // all of a rotated picture
};

}  // namespace minions::formats
