// Bytes of a text file to UTF-8: by its byte order mark, else UTF-8, else the Western single-byte encodings with a
// note.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::formats {

struct DecodedText {
  std::string text;  // UTF-8, lines end with \n, no byte order mark
  std::string note;  // which encoding was taken where the bytes do not say; else empty
};

// kUnsupported if the bytes are not text at all; kDocument if they break the encoding that their mark names; kTooLarge
// if they are more than so many bytes of UTF-8.
[[nodiscard]] Result<DecodedText> decode_text(std::string bytes, std::size_t max_text_bytes = SIZE_MAX);

void append_utf8(std::string& to, char32_t code_point);
// What windows-1252 has for a byte; the byte itself where it has nothing.
[[nodiscard]] char32_t windows_1252(std::uint8_t byte);

}  // namespace minions::formats
