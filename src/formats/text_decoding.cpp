#include "formats/text_decoding.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "formats/control_characters.h"

namespace minions::formats {
namespace {

using namespace std::string_view_literals;

// 0x80 to 0x9F of windows-1252 (WHATWG Encoding, index windows-1252); 0: unassigned, and then ISO 8859-1.
constexpr std::array<char16_t, 32> kWindows1252 = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                   0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

std::string too_much_text(std::size_t found, std::size_t limit) {
  return fmt::format("is {} bytes of text, at most {} are read", found, limit);
}

std::string note_on_replaced(std::string_view encoding, std::uint64_t replaced) {
  return replaced == 1 ? fmt::format("not {} in 1 place, which is a U+FFFD", encoding)
                       : fmt::format("not {} in {} places, each a U+FFFD", encoding, replaced);
}

// What stands at the front: a character, or the longest beginning of one.
struct Sequence {
  std::size_t bytes;
  bool is_whole;
};
Sequence utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // No overlong forms, no surrogates, nothing above U+10FFFF.
  const std::uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const std::uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size() || byte(i) < (i == 1 ? least : 0x80) || byte(i) > (i == 1 ? most : 0xBF)) return {i, false};
  }
  return {length, true};
}

// How much of some bytes is UTF-8.
struct Utf8Share {
  std::size_t characters = 0;  // of several bytes
  std::size_t invalid = 0;
  std::size_t cut = 0;  // bytes of a character that the end cuts
};
Utf8Share utf8_share(std::string_view text) {
  Utf8Share share;
  while (!text.empty()) {
    const Sequence sequence = utf8_sequence(text);
    if (!sequence.is_whole) {
      ++share.invalid;
      if (sequence.bytes == text.size()) share.cut = sequence.bytes;
    } else if (sequence.bytes > 1) {
      ++share.characters;
    }
    text.remove_prefix(sequence.bytes);
  }
  return share;
}

// Other encodings hardly ever have bytes that are characters of UTF-8 by chance.
bool is_mostly_utf8(std::string_view text) {
  const Utf8Share share = utf8_share(text);
  if (share.characters == 0) return share.invalid == 1 && share.cut >= 2;
  return share.characters >= share.invalid;
}

char32_t unit_of(ByteView bytes, std::size_t at, ByteOrder order) {
  const std::uint8_t first = bytes[at];
  const std::uint8_t second = bytes[at + 1];
  return static_cast<char32_t>(order == ByteOrder::kLittle ? second << 8 | first : first << 8 | second);
}

// Of a unit of UTF-16; the two of a pair take four.
std::size_t bytes_in_utf8(char32_t unit) {
  if (unit >= 0xD800 && unit < 0xE000) return 2;
  return unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
}

Result<DecodedText> decode_utf16(ByteView bytes, ByteOrder order, std::size_t max_text_bytes) {
  std::size_t utf8_bytes = 0;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) utf8_bytes += bytes_in_utf8(unit_of(bytes, at, order));
  if (utf8_bytes > max_text_bytes) return fail(ErrorCode::kTooLarge, too_much_text(utf8_bytes, max_text_bytes));
  Decoded decoded = from_utf16(bytes, order);
  if (decoded.replaced > 1 && decoded.replaced > bytes.size() / 8) return fail(ErrorCode::kUnsupported, "is not text");
  DecodedText text{std::move(decoded.text), {}};
  if (decoded.replaced > 0) text.notes.push_back(note_on_replaced("UTF-16", decoded.replaced));
  return text;
}

DecodedText decode_utf32(ByteView bytes, ByteOrder order) {
  DecodedText decoded;
  std::uint64_t replaced = bytes.size() % 4 == 0 ? 0 : 1;
  for (std::size_t at = 0; at + 3 < bytes.size(); at += 4) {
    const char32_t one = unit_of(bytes, at, order);
    const char32_t other = unit_of(bytes, at + 2, order);
    const char32_t c = order == ByteOrder::kLittle ? other << 16 | one : one << 16 | other;
    const bool sound = c <= 0x10FFFF && (c < 0xD800 || c >= 0xE000);
    append_utf8(decoded.text, sound ? c : kReplacementCharacter);
    if (!sound) ++replaced;
  }
  if (bytes.size() % 4 != 0) append_utf8(decoded.text, kReplacementCharacter);
  if (replaced > 0) decoded.notes.push_back(note_on_replaced("UTF-32", replaced));
  return decoded;
}

DecodedText decode_utf8(std::string text) {
  if (is_utf8(text)) return {std::move(text), {}};
  Decoded decoded = from_utf8(text);
  return {std::move(decoded.text), {note_on_replaced("UTF-8", decoded.replaced)}};
}

DecodedText decode_single_byte(ByteView bytes) {
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
  return {std::move(text), {fmt::format("not UTF-8; read as {}", windows ? "windows-1252" : "ISO 8859-1")}};
}

bool starts_with(ByteView bytes, std::string_view mark) {
  return bytes.size() >= mark.size() && as_text(bytes.first(mark.size())) == mark;
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

Result<DecodedText> decode_marked_utf16(ByteView bytes, std::size_t max_text_bytes) {
  const ByteOrder order = bytes[0] == 0xFF ? ByteOrder::kLittle : ByteOrder::kBig;
  return decode_utf16(bytes.subspan(2), order, max_text_bytes);
}

Result<DecodedText> decode_unmarked_utf16(ByteView bytes, ByteOrder order, std::size_t max_text_bytes) {
  MINIONS_TRY_ASSIGN(DecodedText decoded, decode_utf16(bytes, order, max_text_bytes));
  decoded.notes.insert(decoded.notes.begin(),
                       fmt::format("no byte order mark; read as UTF-16{}", order == ByteOrder::kLittle ? "LE" : "BE"));
  return decoded;
}

struct Guess {
  DecodedText decoded;
  Evidence evidence = Evidence::kStrong;  // that it is text at all
};

// Bytes that are UTF-8 already are not copied.
Result<Guess> decode(std::string text, std::size_t max_text_bytes) {
  const ByteView bytes = as_bytes(text);
  const auto strong = [](DecodedText decoded) { return Guess{std::move(decoded)}; };
  if (bytes.size() % 4 == 0 && starts_with(bytes, "\xFF\xFE\0\0"sv))
    return strong(decode_utf32(bytes.subspan(4), ByteOrder::kLittle));
  if (starts_with(bytes, "\0\0\xFE\xFF"sv)) return strong(decode_utf32(bytes.subspan(4), ByteOrder::kBig));
  if (starts_with(bytes, "\xFF\xFE") || starts_with(bytes, "\xFE\xFF"))
    return decode_marked_utf16(bytes, max_text_bytes).map(strong);
  if (const auto order = utf16_order(bytes)) return decode_unmarked_utf16(bytes, *order, max_text_bytes).map(strong);
  if (starts_with(bytes, "\xEF\xBB\xBF")) {
    text.erase(0, 3);
    return strong(decode_utf8(std::move(text)));
  }
  if (is_utf8(text) || is_mostly_utf8(text)) return strong(decode_utf8(std::move(text)));
  return Guess{decode_single_byte(bytes), Evidence::kNone};
}

}  // namespace

Decoded from_utf8(std::string_view bytes) {
  Decoded decoded;
  decoded.text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Sequence sequence = utf8_sequence(bytes);
    if (sequence.is_whole) {
      decoded.text.append(bytes.substr(0, sequence.bytes));
    } else {
      append_utf8(decoded.text, kReplacementCharacter);
      ++decoded.replaced;
    }
    bytes.remove_prefix(sequence.bytes);
  }
  return decoded;
}

Decoded from_utf16(ByteView bytes, ByteOrder order) {
  Decoded decoded;
  decoded.text.reserve(bytes.size());
  const auto is_low = [](char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; };
  std::size_t at = 0;
  for (; at + 1 < bytes.size(); at += 2) {
    char32_t c = unit_of(bytes, at, order);
    if (c >= 0xD800 && c < 0xE000) {
      const char32_t low = at + 3 < bytes.size() ? unit_of(bytes, at + 2, order) : 0;
      const bool pair = c < 0xDC00 && is_low(low);
      if (!pair) ++decoded.replaced;
      c = pair ? 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00) : kReplacementCharacter;
      if (pair) at += 2;
    }
    append_utf8(decoded.text, c);
  }
  if (at < bytes.size()) {
    append_utf8(decoded.text, kReplacementCharacter);
    ++decoded.replaced;
  }
  return decoded;
}

std::optional<ByteOrder> utf16_order(ByteView bytes) {
  constexpr std::size_t kLeastShare = 4;  // a quarter of the units: text with a stray zero has far fewer
  std::size_t first = 0;
  std::size_t second = 0;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    if (bytes[at] == 0) ++first;
    if (bytes[at + 1] == 0) ++second;
  }
  const std::size_t units = bytes.size() / 2;
  if (units < 2 || std::max(first, second) * kLeastShare < units) return std::nullopt;
  if (std::min(first, second) * 100 > std::max(first, second)) return std::nullopt;  // numbers, not text
  return second > first ? ByteOrder::kLittle : ByteOrder::kBig;
}

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
  MINIONS_TRY_ASSIGN(Guess guess, decode(std::move(bytes), max_text_bytes));
  DecodedText& decoded = guess.decoded;
  if (decoded.text.size() > max_text_bytes)
    return fail(ErrorCode::kTooLarge, too_much_text(decoded.text.size(), max_text_bytes));
  if (is_binary(decoded.text, guess.evidence)) return fail(ErrorCode::kUnsupported, "is not text");
  make_line_feeds(decoded.text);
  const LeftOut left_out = leave_out_controls(decoded.text);
  if (left_out.sequences > 0) {
    decoded.notes.push_back(left_out.sequences == 1
                                ? "1 escape sequence of a terminal is left out"
                                : fmt::format("{} escape sequences of a terminal are left out", left_out.sequences));
  }
  if (left_out.controls > 0) {
    decoded.notes.push_back(left_out.controls == 1 ? "1 control character is left out or read as a blank"
                                                   : fmt::format("{} control characters are left out or read as blanks",
                                                                 left_out.controls));
  }
  return std::move(decoded);
}

}  // namespace minions::formats
