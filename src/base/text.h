// Trims text.
#pragma once

#include <string_view>

namespace minions {

inline constexpr std::string_view kBlanks = " \t";  // optional white space of HTTP (RFC 9110 section 5.6.3)
inline constexpr std::string_view kWhiteSpace = " \t\r\n\f";

// Without these characters at either end.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text, std::string_view characters = kWhiteSpace) {
  const std::size_t begin = text.find_first_not_of(characters);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(characters) - begin + 1);
}

}  // namespace minions
