#include "runs/tokens.h"

#include <algorithm>

namespace minions::runs {

std::uint64_t estimated_tokens(std::string_view text) {
  const auto beyond_ascii = static_cast<std::uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
  return (text.size() - beyond_ascii + 2) / 3 + (beyond_ascii + 1) / 2;
}

std::uint64_t least_tokens(std::string_view text) { return text.size() / 8; }

}  // namespace minions::runs
