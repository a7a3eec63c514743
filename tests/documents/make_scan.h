// Pictures of text, drawn with letters of 5 x 7 dots: what a scanner gives, without a scanner.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace minions::test {

struct Bitmap {
  std::size_t width;
  std::size_t height;
  std::string pixels;  // a byte each, rows from the top, 0 black
};

// One line of A to Z, 0 to 9 and spaces.
[[nodiscard]] Bitmap draw_text(std::string_view line);
// The same as a BMP file.
[[nodiscard]] std::string make_bitmap(std::string_view line);

}  // namespace minions::test
