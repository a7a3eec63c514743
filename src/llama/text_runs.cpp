#include "llama/text_runs.h"

#include <algorithm>
#include <array>

namespace minions::llama {
namespace {

bool is_ascii_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F and U+3000, in UTF-8.
std::size_t other_blank(std::string_view text) {
  constexpr std::array<std::string_view, 8> kBlanks = {"\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\xA8",
                                                       "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
  if (static_cast<unsigned char>(text.front()) < 0xC2) return 0;
  for (const std::string_view blank : kBlanks) {
    if (text.starts_with(blank)) return blank.size();
  }
  const bool quad = text.size() > 2 && text.starts_with("\xE2\x80") && static_cast<unsigned char>(text[2]) <= 0x8A;
  return quad ? 3 : 0;
}

}  // namespace

std::size_t longest_run(std::string_view text) {
  std::size_t longest = 0;
  std::size_t blanks = 0;
  std::size_t others = 0;
  while (!text.empty()) {
    const bool ascii_blank = is_ascii_blank(text.front());
    const std::size_t other = ascii_blank ? 0 : other_blank(text);
    const std::size_t size = std::max<std::size_t>(1, other);
    blanks = ascii_blank || other > 0 ? blanks + size : 0;
    others = ascii_blank ? 0 : others + size;
    longest = std::max({longest, blanks, others});
    text.remove_prefix(size);
  }
  return longest;
}

}  // namespace minions::llama
