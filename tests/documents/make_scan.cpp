#include "make_scan.h"

#include <array>
#include <cstdlib>

namespace minions::test {
namespace {

constexpr std::size_t kDot = 8;  // pixels
constexpr std::size_t kMargin = 80;

using Glyph = std::array<std::uint8_t, 7>;  // rows of five bits
constexpr Glyph kLetters[26] = {
    {14, 17, 17, 31, 17, 17, 17}, {30, 17, 17, 30, 17, 17, 30}, {14, 17, 16, 16, 16, 17, 14},
    {30, 17, 17, 17, 17, 17, 30}, {31, 16, 16, 30, 16, 16, 31}, {31, 16, 16, 30, 16, 16, 16},
    {14, 17, 16, 23, 17, 17, 14}, {17, 17, 17, 31, 17, 17, 17}, {14, 4, 4, 4, 4, 4, 14},
    {7, 2, 2, 2, 2, 18, 12},      {17, 18, 20, 24, 20, 18, 17}, {16, 16, 16, 16, 16, 16, 31},
    {17, 27, 21, 21, 17, 17, 17}, {17, 25, 21, 19, 17, 17, 17}, {14, 17, 17, 17, 17, 17, 14},
    {30, 17, 17, 30, 16, 16, 16}, {14, 17, 17, 17, 21, 18, 13}, {30, 17, 17, 30, 20, 18, 17},
    {15, 16, 16, 14, 1, 1, 30},   {31, 4, 4, 4, 4, 4, 4},       {17, 17, 17, 17, 17, 17, 14},
    {17, 17, 17, 17, 17, 10, 4},  {17, 17, 17, 21, 21, 27, 17}, {17, 17, 10, 4, 10, 17, 17},
    {17, 17, 10, 4, 4, 4, 4},     {31, 1, 2, 4, 8, 16, 31}};
constexpr Glyph kDigits[10] = {{14, 17, 17, 17, 17, 17, 14}, {4, 12, 4, 4, 4, 4, 14},  {14, 17, 1, 6, 8, 16, 31},
                               {30, 1, 1, 14, 1, 1, 30},     {2, 6, 10, 18, 31, 2, 2}, {31, 16, 30, 1, 1, 17, 14},
                               {14, 16, 16, 30, 17, 17, 14}, {31, 1, 2, 4, 8, 8, 8},   {14, 17, 17, 14, 17, 17, 14},
                               {14, 17, 17, 15, 1, 1, 14}};

Glyph glyph_of(char c) {
  if (c >= 'A' && c <= 'Z') return kLetters[c - 'A'];
  if (c >= '0' && c <= '9') return kDigits[c - '0'];
  if (c == ' ') return {};
  std::abort();
}

}  // namespace

Bitmap draw_text(std::string_view line) {
  Bitmap bitmap{2 * kMargin + line.size() * 6 * kDot, 2 * kMargin + 7 * kDot, {}};
  bitmap.width = (bitmap.width + 3) / 4 * 4;  // rows of a BMP are whole words
  bitmap.pixels.assign(bitmap.width * bitmap.height, '\xFF');
  for (std::size_t i = 0; i < line.size(); ++i) {
    const Glyph glyph = glyph_of(line[i]);
    for (std::size_t y = 0; y < 7 * kDot; ++y) {
      for (std::size_t x = 0; x < 5 * kDot; ++x) {
        const bool black = (glyph[y / kDot] >> (4 - x / kDot) & 1) != 0;
        if (black) bitmap.pixels[(kMargin + y) * bitmap.width + kMargin + i * 6 * kDot + x] = '\0';
      }
    }
  }
  return bitmap;
}

std::string make_bitmap(std::string_view line) {
  const Bitmap bitmap = draw_text(line);
  std::string file = "BM";
  const auto number = [&](std::size_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) file += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  number(54 + bitmap.pixels.size() * 3, 4), number(0, 4), number(54, 4);
  number(40, 4), number(bitmap.width, 4), number(bitmap.height, 4), number(1, 2), number(24, 2);
  number(0, 4), number(bitmap.pixels.size() * 3, 4), number(11811, 4), number(11811, 4), number(0, 4), number(0, 4);
  for (std::size_t y = bitmap.height; y-- > 0;) {
    for (std::size_t x = 0; x < bitmap.width; ++x) file.append(3, bitmap.pixels[y * bitmap.width + x]);
  }
  return file;
}

}  // namespace minions::test
