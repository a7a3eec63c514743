// Bytes of a text file to UTF-8: by its byte order mark, otherwise UTF-8, otherwise the Western single-byte encodings
// with a note.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::formats {

struct DecodedText {
  std::string text;  // UTF-8, lines end with \n, no byte order mark
  std::string note;  // the encoding used if the bytes do not show it; otherwise empty
};

// kUnsupported if the bytes are not text at all; kDocument if they violate the encoding of their mark; kTooLarge if
// they exceed this many bytes of UTF-8.
[[nodiscard]] Result<DecodedText> decode_text(std::string bytes, std::size_t max_text_bytes = SIZE_MAX);

void append_utf8(std::string& to, char32_t code_point);
// The windows-1252 character of a byte; the byte itself if unassigned.
[[nodiscard]] char32_t windows_1252(std::uint8_t byte);

}  // namespace minions::formats
