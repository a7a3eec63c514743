#include "base/tokens.h"

#include <algorithm>

namespace minions {

std::uint64_t estimated_tokens(std::string_view text) {
  const auto beyond_ascii = static_cast<std::uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
  return (text.size() - beyond_ascii + 2) / 3 + (beyond_ascii + 1) / 2;
}

std::uint64_t low_estimated_tokens(std::string_view text) {
  std::uint64_t thirtieths = 0;
  std::string_view last;
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const bool space = first == ' ' || (first >= '\t' && first <= '\r');
    const std::string_view character = space ? " " : text.substr(at, bytes);
    const bool cjk = first >= 0xE3 && first <= 0xE9;
    const bool hangul = first >= 0xEA && first <= 0xED;
    if (character != last) thirtieths += cjk ? 15 : hangul ? 10 : 6;
    last = character;
    at += bytes;
  }
  return thirtieths / 30;
}

std::uint64_t least_tokens(std::string_view text) { return text.size() / 8; }

}  // namespace minions
