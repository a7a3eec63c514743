// Text in an encoding that its sender named, converted to UTF-8.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace minions::formats {

struct Converted {
  std::string text;              // UTF-8
  std::uint64_t replaced = 0;    // invalid bytes, each a U+FFFD now
  bool charset_is_known = true;  // if not, it was guessed
};

// By the label of MIME or HTML, in any case; the labels of Latin-1 mean windows-1252 (WHATWG Encoding). Without a label
// UTF-8 if valid, otherwise windows-1252.
[[nodiscard]] Converted to_utf8(std::string_view label, ByteView bytes);
// The same without a second copy in memory, if the bytes are UTF-8 already or once they are converted.
[[nodiscard]] Converted to_utf8(std::string_view label, std::string&& bytes);

[[nodiscard]] std::string lower_case(std::string_view ascii);

}  // namespace minions::formats
