#include "formats/text_decoding.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace minions::formats {
namespace {

// 0x80 to 0x9F of windows-1252 (WHATWG Encoding, index windows-1252); 0: unassigned, and then ISO 8859-1.
constexpr std::array<char16_t, 32> kWindows1252 = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                   0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

enum class ByteOrder { kLittle, kBig };

std::string too_much_text(std::size_t found, std::size_t limit) {
  return fmt::format("is {} bytes of text, at most {} are read", found, limit);
}

// Of a unit of UTF-16; the two of a pair take four.
std::size_t bytes_in_utf8(char32_t unit) {
  if (unit >= 0xD800 && unit < 0xE000) return 2;
  return unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
}

Result<std::string> from_utf16(ByteView bytes, ByteOrder order, std::size_t max_text_bytes) {
  if (bytes.size() % 2 != 0)
    return fail(ErrorCode::kDocument, fmt::format("utf-16 text has {} bytes, an odd number", bytes.size()));
  const auto unit = [&](std::size_t at) {
    const std::uint8_t first = bytes[at];
    const std::uint8_t second = bytes[at + 1];
    return static_cast<char32_t>(order == ByteOrder::kLittle ? second << 8 | first : first << 8 | second);
  };
  std::size_t utf8_bytes = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 2) utf8_bytes += bytes_in_utf8(unit(at));
  if (utf8_bytes > max_text_bytes) return fail(ErrorCode::kTooLarge, too_much_text(utf8_bytes, max_text_bytes));
  std::string text;
  text.reserve(utf8_bytes);
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    char32_t c = unit(at);
    if (c >= 0xD800 && c < 0xE000) {
      const char32_t low = at + 2 < bytes.size() ? unit(at + 2) : 0;
      if (c >= 0xDC00 || low < 0xDC00 || low >= 0xE000) {
        return fail(ErrorCode::kDocument, fmt::format("utf-16 text has half a surrogate pair at byte {}", at));
      }
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      at += 2;
    }
    append_utf8(text, c);
  }
  return text;
}

DecodedText from_single_byte(ByteView bytes) {
  bool windows = true;
  for (const std::uint8_t byte : bytes) {
    if (byte >= 0x80 && byte < 0xA0 && kWindows1252[byte - 0x80U] == 0) windows = false;
  }
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 8);
  for (const std::uint8_t byte : bytes) {
    const bool remapped = windows && byte >= 0x80 && byte < 0xA0;
    append_utf8(text, remapped ? kWindows1252[byte - 0x80U] : byte);
  }
  return {std::move(text), fmt::format("not UTF-8; read as {}", windows ? "windows-1252" : "ISO 8859-1")};
}

bool starts_with(ByteView bytes, std::string_view mark) {
  return bytes.size() >= mark.size() && as_text(bytes.first(mark.size())) == mark;
}

// Control characters of text files: tab, line feed, form feed, carriage return, backspace and escape (man pages,
// terminal logs). Tolerates one other in a thousand; NUL never.
bool is_binary(std::string_view text) {
  std::size_t odd = 0;
  for (const char c : text) {
    if (c == '\0') return true;
    const bool usual = static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\f' || c == '\r' ||
                       c == '\b' || c == '\x1B';
    if (!usual) ++odd;
  }
  return odd * 1000 > text.size();
}

void make_line_feeds(std::string& text) {
  std::size_t to = 0;
  for (std::size_t from = 0; from < text.size(); ++from) {
    if (text[from] == '\r') {
      if (from + 1 < text.size() && text[from + 1] == '\n') continue;
      text[to++] = '\n';
    } else {
      text[to++] = text[from];
    }
  }
  text.resize(to);
}

// Bytes that are UTF-8 already are not copied.
Result<DecodedText> decode(std::string text, std::size_t max_text_bytes) {
  const ByteView bytes = as_bytes(text);
  if (starts_with(bytes, "\xEF\xBB\xBF")) {
    if (!is_utf8(text)) return fail(ErrorCode::kDocument, "has a UTF-8 byte order mark but is not UTF-8");
    text.erase(0, 3);
    return DecodedText{std::move(text), {}};
  }
  if (starts_with(bytes, "\xFF\xFE") || starts_with(bytes, "\xFE\xFF")) {
    const ByteOrder order = bytes[0] == 0xFF ? ByteOrder::kLittle : ByteOrder::kBig;
    return from_utf16(bytes.subspan(2), order, max_text_bytes).map([](std::string utf8) {
      return DecodedText{std::move(utf8), {}};
    });
  }
  if (is_utf8(text)) return DecodedText{std::move(text), {}};
  return from_single_byte(bytes);
}

}  // namespace

void append_utf8(std::string& to, char32_t c) {
  const auto byte = [&](char32_t value) { to += static_cast<char>(value); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6), byte(0x80 | (c & 63));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63));
  } else {
    byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63));
  }
}

char32_t windows_1252(std::uint8_t byte) {
  const bool remapped = byte >= 0x80 && byte < 0xA0 && kWindows1252[byte - 0x80U] != 0;
  return remapped ? kWindows1252[byte - 0x80U] : byte;
}

Result<DecodedText> decode_text(std::string bytes, std::size_t max_text_bytes) {
  MINIONS_TRY_ASSIGN(DecodedText decoded, decode(std::move(bytes), max_text_bytes));
  if (decoded.text.size() > max_text_bytes)
    return fail(ErrorCode::kTooLarge, too_much_text(decoded.text.size(), max_text_bytes));
  if (is_binary(decoded.text)) return fail(ErrorCode::kUnsupported, "is not text");
  make_line_feeds(decoded.text);
  return decoded;
}

}  // namespace minions::formats
