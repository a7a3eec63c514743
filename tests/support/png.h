// PNG files of noise, without a library: one stored block of deflate for each row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace minions::tests {

namespace png_detail {

inline void append_big(std::string& to, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(number >> shift & 0xFF);
}

inline std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

inline std::uint32_t adler32(std::string_view bytes) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char byte : bytes) {
    a = (a + static_cast<std::uint8_t>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

inline void append_chunk(std::string& to, std::string_view kind, std::string_view data) {
  append_big(to, static_cast<std::uint32_t>(data.size()));
  const std::string checked = std::string(kind).append(data);
  to += checked;
  append_big(to, crc32(checked));
}

}  // namespace png_detail

// 8 bits a colour, RGB; another seed, another picture. width: at most 21,000.
inline std::string noise_png(std::uint32_t width, std::uint32_t height, std::uint32_t seed) {
  using namespace png_detail;
  std::string header;
  append_big(header, width);
  append_big(header, height);
  header += std::string_view("\x08\x02\x00\x00\x00", 5);

  std::string rows;
  std::string deflated("\x78\x01");
  std::uint32_t state = seed * 2654435761U + 1;
  for (std::uint32_t y = 0; y < height; ++y) {
    std::string row(1, '\0');  // no filter
    for (std::uint32_t x = 0; x < width * 3; ++x) {
      state = state * 1664525U + 1013904223U;
      row += static_cast<char>(state >> 24);
    }
    const auto length = static_cast<std::uint16_t>(row.size());
    const auto complement = static_cast<std::uint16_t>(~length);
    deflated += static_cast<char>(y + 1 == height);
    for (const std::uint16_t number : {length, complement}) {
      deflated += static_cast<char>(number & 0xFF);
      deflated += static_cast<char>(number >> 8);
    }
    deflated += row;
    rows += row;
  }
  append_big(deflated, adler32(rows));

  std::string png("\x89PNG\r\n\x1A\n");
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", deflated);
  append_chunk(png, "IEND", "");
  return png;
}

}  // namespace minions::tests
