// Pictures for tests: PNG, JPEG and lossless WebP as their libraries write them, GIF and the containers of WebP by
// hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace minions::test {

struct Drawing {
  std::uint32_t width;
  std::uint32_t height;
  std::string rgba;  // 4 bytes a pixel, rows from the top
};
// A colour for each letter, rows separated by spaces: "abc def". `.` is transparent, `,` half transparent red.
[[nodiscard]] Drawing draw(std::string_view letters);
// Each letter becomes a square of so many pixels.
[[nodiscard]] Drawing enlarge(const Drawing& drawing, std::uint32_t factor);
// The same as it is to be shown: 3 bytes a pixel, over white.
[[nodiscard]] std::string shown(const Drawing& drawing);

// Exif data that holds an orientation, without the "Exif" in front.
[[nodiscard]] std::string make_exif(int orientation, bool big_endian = true);

enum class PngColour { kGrey, kRgb, kPalette, kGreyAlpha, kRgba };
struct PngForm {
  PngColour colour = PngColour::kRgba;
  int bits = 8;  // a sample
  bool interlaced = false;
  std::string exif = {};
  int transparent_grey = -1;  // a sample's value
};
[[nodiscard]] std::string make_png(const Drawing& drawing, const PngForm& form = {});
// A chunk with its length and its checksum.
[[nodiscard]] std::string png_chunk(std::string_view name, std::string_view data);

enum class JpegColour { kYcc, kRgb, kGrey, kCmyk, kYcck };  // Adobe's marker goes with kCmyk and kYcck
struct JpegForm {
  JpegColour colour = JpegColour::kYcc;
  bool progressive = false;
  std::string exif = {};
  bool scan_each = false;  // a scan for each of three colours
};
[[nodiscard]] std::string make_jpeg(const Drawing& drawing, const JpegForm& form = {});

struct GifFrame {
  std::uint32_t left = 0;
  std::uint32_t top = 0;
  Drawing drawing;
  bool interlaced = false;
  bool own_colours = false;
};
[[nodiscard]] std::string make_gif(std::uint32_t width, std::uint32_t height, const std::vector<GifFrame>& frames);

[[nodiscard]] std::string make_webp(const Drawing& drawing, const std::string& exif = {});
[[nodiscard]] std::string make_lossy_webp(const Drawing& drawing);
struct WebpFrame {
  std::uint32_t left = 0;  // even, as is `top`
  std::uint32_t top = 0;
  Drawing drawing;
};
[[nodiscard]] std::string make_animated_webp(std::uint32_t width, std::uint32_t height,
                                             const std::vector<WebpFrame>& frames);

}  // namespace minions::test
