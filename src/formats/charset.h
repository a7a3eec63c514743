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

// By a byte order mark, otherwise by the label of MIME or HTML, in any case, with blanks or quotes: as WHATWG Encoding
// says, so that the labels of Latin-1 mean windows-1252. Without a label, with one that is unknown, and with one that
// the bytes break while they are UTF-8: UTF-8 if valid, otherwise windows-1252.
[[nodiscard]] Converted to_utf8(std::string_view label, ByteView bytes);
// The same without a second copy in memory, if the bytes are UTF-8 already or once they are converted.
[[nodiscard]] Converted to_utf8(std::string_view label, std::string&& bytes);

// What texts without a label, or with an unknown one, are in unless they are UTF-8 beyond ASCII. Of this process: set
// before its one document is read.
void set_unnamed_charset(std::string_view label);

[[nodiscard]] std::string lower_case(std::string_view ascii);

}  // namespace minions::formats
