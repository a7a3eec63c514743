// Whether bytes that come in pieces are UTF-8 (RFC 3629): nothing overlong, no surrogates, nothing over U+10FFFF.
#pragma once

#include <cstdint>
#include <string_view>

namespace minions::gateway {

class Utf8Check {
 public:
  // The bytes in front of the first that breaks it: all of them where none does. A character may be cut by the end.
  [[nodiscard]] std::size_t take(std::string_view piece);

 private:
  [[nodiscard]] bool step(std::uint8_t byte);

  std::uint8_t left_ = 0;      // bytes of a character that are to come
  std::uint8_t least_ = 0x80;  // what the next of them can be
  std::uint8_t most_ = 0xbf;
};

}  // namespace minions::gateway
