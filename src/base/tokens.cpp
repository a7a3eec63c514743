#include "base/tokens.h"

#include <algorithm>

namespace minions {

std::uint64_t estimated_tokens(std::string_view text) {
  const auto beyond_ascii = static_cast<std::uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
  return (text.size() - beyond_ascii + 2) / 3 + (beyond_ascii + 1) / 2;
}

std::uint64_t low_estimated_tokens(std::string_view text) {
  std::uint64_t bytes = 0;
  bool was_space = false;
  for (const char c : text) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    bytes += space && was_space ? 0 : 1;
    was_space = space;
  }
  return bytes / 5;
}

std::uint64_t least_tokens(std::string_view text) { return text.size() / 8; }

}  // namespace minions
