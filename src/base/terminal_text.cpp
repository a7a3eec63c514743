#include "base/terminal_text.h"

#include <algorithm>
#include <cstdint>

#include "base/encoding.h"

namespace minions {
namespace {

constexpr std::size_t kLineBytes = 4096;

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};
// Unicode's general categories Cc and Cf and its line separators, except line end, tab and the two joiners.
constexpr Range kDeceiving[] = {
    {0x00, 0x08},     {0x0B, 0x1F},     {0x7F, 0x9F},       {0xAD, 0xAD},       {0x61C, 0x61C},
    {0x180E, 0x180E}, {0x200B, 0x200B}, {0x200E, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
    {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE007F},
};

bool deceives(std::uint32_t code_point) {
  return std::any_of(std::begin(kDeceiving), std::end(kDeceiving),
                     [&](const Range& range) { return code_point >= range.first && code_point <= range.last; });
}

// Length in bytes of the character that begins here; 1 if none does.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  return size <= text.size() && is_utf8(text.substr(0, size)) ? size : 1;
}

std::uint32_t code_point_of(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(character[i])); };
  switch (character.size()) {
    case 2: return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3: return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    case 4: return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    default: return byte(0);  // a lone byte from 0x80 is a C1 control on a terminal without UTF-8
  }
}

}  // namespace

std::string for_terminal(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::string_view character = text.substr(0, character_size(text));
    text.remove_prefix(character.size());
    const bool broken = character.size() == 1 && static_cast<std::uint8_t>(character.front()) >= 0x80;
    if (broken || deceives(code_point_of(character))) {
      shown += '?';
    } else {
      shown += character;
    }
  }
  return shown;
}

std::string line_for_terminal(std::string_view text) {
  std::size_t end = std::min(text.size(), kLineBytes);
  while (end < text.size() && end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  std::string shown = for_terminal(text.substr(0, end));
  for (char& c : shown) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return end < text.size() ? shown + "..." : shown;
}

}  // namespace minions
