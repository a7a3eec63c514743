// The pixels of untrusted pictures: PNG, JPEG, GIF and WebP become rows of 8-bit RGB. Runs only inside the sandbox of
// minions-extract.
//  Transparency is laid over white, as a page shows it. 16 bits per channel become 8; grey, palettes and CMYK become
//  RGB; colour profiles are not applied. A picture whose Exif data states a rotation comes out upright. Of an animation
//  the first frame is read, on the whole of its screen.
#pragma once

#include "base/bytes.h"
#include "formats/extract_protocol.h"

namespace minions::formats {

struct PixelLimits {
  std::uint64_t max_pixels = 50'000'000;      // width times height, checked against the header before anything is
                                              // decoded
  std::uint64_t max_pixels_out = 50'000'000;  // of a picture that is reduced
};

class PixelOutput {
 public:
  virtual ~PixelOutput() = default;
  // Once, before the first row: of the picture as displayed, both at least 1.
  virtual void size(std::uint32_t width, std::uint32_t height) = 0;
  // One or more whole rows, from the top: 3 bytes per pixel.
  virtual void rows(ByteView rgb) = 0;
};

// Discard what was written before an error. kUnknownPicture, kDamaged (also for a picture that ends too early),
// kTooManyPixels, kPictureCoding, kBomb, kOutOfMemory.
[[nodiscard]] Read<void> read_pixels(ByteView picture, const PixelLimits& limits, PixelOutput& output);

}  // namespace minions::formats
