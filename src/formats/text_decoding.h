// Bytes of a text file to UTF-8: by its byte order mark, otherwise UTF-8 or UTF-16 if they are that but for a few
// invalid places, otherwise the Western single-byte encodings with a note.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::formats {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

struct DecodedText {
  std::string text;                // UTF-8, lines end with \n, no byte order mark, no control characters but \t, \n, \f
  std::vector<std::string> notes;  // the encoding used if the bytes do not show it; what was replaced or left out
};

// kUnsupported if the bytes are not text at all; kTooLarge if they exceed this many bytes of UTF-8.
[[nodiscard]] Result<DecodedText> decode_text(std::string bytes, std::size_t max_text_bytes = SIZE_MAX);

struct Decoded {
  std::string text;            // UTF-8
  std::uint64_t replaced = 0;  // invalid places, each a U+FFFD now
};

// A U+FFFD for each longest beginning of a character that does not go on as one (Unicode 15, section 3.9, "best
// practices").
[[nodiscard]] Decoded from_utf8(std::string_view bytes);

enum class ByteOrder { kLittle, kBig };
// A U+FFFD for each half of a pair, and for half a unit at the end.
[[nodiscard]] Decoded from_utf16(ByteView bytes, ByteOrder order);
// Of bytes without a mark: by which halves of the units are zero, as those of most Latin letters and of blanks are.
[[nodiscard]] std::optional<ByteOrder> utf16_order(ByteView bytes);

void append_utf8(std::string& to, char32_t code_point);
// The windows-1252 character of a byte; the byte itself if unassigned.
[[nodiscard]] char32_t windows_1252(std::uint8_t byte);

}  // namespace minions::formats
