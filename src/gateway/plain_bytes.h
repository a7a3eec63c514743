// The bytes of a JSON string that need no examination one by one.
#pragma once

#include <string_view>

namespace minions::gateway {

// The bytes before the first quote, backslash or control character. Requests are mostly text: the compiler vectorises
// the inner loop.
inline std::size_t plain_bytes(std::string_view text) {
  constexpr std::size_t kBlock = 32;
  std::size_t at = 0;
  for (; at + kBlock <= text.size(); at += kBlock) {
    const char* block = text.data() + at;
    unsigned char found = 0;
    for (std::size_t i = 0; i < kBlock; ++i)
      found |= static_cast<unsigned char>((block[i] == '"') | (block[i] == '\\') |
                                          (static_cast<unsigned char>(block[i]) < 0x20));
    if (found != 0) break;
  }
  while (at < text.size() && text[at] != '"' && text[at] != '\\' && static_cast<unsigned char>(text[at]) >= 0x20) ++at;
  return at;
}

}  // namespace minions::gateway
