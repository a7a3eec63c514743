// Writes a picture from its rows, each format by its own library.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "formats/extract_protocol.h"

namespace minions::formats {

class PictureWriter {
 public:
  virtual ~PictureWriter() = default;
  // The next row, 3 bytes per pixel. kOutOfMemory.
  [[nodiscard]] virtual Read<void> row(ByteView rgb) = 0;
  // After all rows: the file.
  [[nodiscard]] virtual Read<std::string> finish() = 0;
};

// kOutOfMemory; kTooManyPixels if a side is longer than the format allows. No side is zero.
[[nodiscard]] Read<std::unique_ptr<PictureWriter>> png_writer(std::uint32_t width, std::uint32_t height);
// Of quality 90, with colours at half the resolution.
[[nodiscard]] Read<std::unique_ptr<PictureWriter>> jpeg_writer(std::uint32_t width, std::uint32_t height);

}  // namespace minions::formats
