// Whether bytes that come in pieces are UTF-8 (RFC 3629): nothing overlong, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstdint>
#include <string_view>

namespace minions::gateway {

class Utf8Check {
 public:
  // The bytes before the first invalid one: all of them if none is. The end may cut a character.
  [[nodiscard]] std::size_t take(std::string_view piece);

 private:
  [[nodiscard]] bool step(std::uint8_t byte);

  std::uint8_t left_ = 0;      // bytes of a character that are still to come
  std::uint8_t least_ = 0x80;  // what the next of them may be
  std::uint8_t most_ = 0xbf;
};

}  // namespace minions::gateway
