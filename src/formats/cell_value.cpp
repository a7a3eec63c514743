#include "formats/cell_value.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "formats/text_decoding.h"

namespace minions::formats {
namespace {

constexpr std::size_t kEscapeBytes = 7;  // _xHHHH_
constexpr std::uint32_t kMaxRow = 1 << 24;

// The UTF-16 code unit that an escape stands for.
std::optional<std::uint32_t> escape_at(std::string_view text) {
  if (text.size() < kEscapeBytes || !text.starts_with("_x") || text[6] != '_') return std::nullopt;
  std::uint32_t unit = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  if (error != std::errc() || end != text.data() + 6) return std::nullopt;
  return unit;
}

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

}  // namespace

CellPlace place_of(std::string_view reference) {
  CellPlace place;
  std::size_t at = 0;
  const auto skip_dollar = [&] {
    if (at < reference.size() && reference[at] == '$') ++at;
  };
  skip_dollar();
  for (const std::size_t end = std::min<std::size_t>(reference.size(), at + 3);
       at < end && reference[at] >= 'A' && reference[at] <= 'Z'; ++at)
    place.column = place.column * 26 + static_cast<std::uint32_t>(reference[at] - 'A' + 1);
  skip_dollar();
  std::from_chars(reference.data() + at, reference.data() + reference.size(), place.row);
  if (place.column > 0) --place.column;
  if (place.row > 0) --place.row;
  place.row = std::min(place.row, kMaxRow);
  return place;
}

std::string reference_of(CellPlace place) {
  std::string letters;
  for (std::uint32_t left = place.column + 1; left > 0; left = (left - 1) / 26)
    letters.insert(letters.begin(), static_cast<char>('A' + (left - 1) % 26));
  return letters + std::to_string(place.row + 1);
}

std::string unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find("_x"), text.size());
    plain += text.substr(0, begin);
    text.remove_prefix(begin);
    if (text.empty()) break;
    const auto unit = escape_at(text);
    if (!unit) {
      plain += text.substr(0, 2);
      text.remove_prefix(2);
      continue;
    }
    text.remove_prefix(kEscapeBytes);
    const auto low = is_high_surrogate(*unit) ? escape_at(text) : std::nullopt;
    if (low && is_low_surrogate(*low)) {
      append_utf8(plain, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
      text.remove_prefix(kEscapeBytes);
    } else if (*unit != '\r' || !text.starts_with('\n')) {
      append_utf8(plain, *unit == '\r' ? U'\n' : is_high_surrogate(*unit) || is_low_surrogate(*unit) ? 0xFFFD : *unit);
    }
  }
  return plain;
}

std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const bool is_break = c == '\n' || c == '\t' || c == '\r';
    if (!is_break) line += c;
    if (is_break && !line.empty() && line.back() != ' ') line += ' ';
  }
  return line;
}

}  // namespace minions::formats
