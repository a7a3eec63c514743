// Encodings of one byte a character, by the tables of the WHATWG Encoding standard.
#pragma once

#include "base/bytes.h"
#include "formats/encoding_label.h"
#include "formats/text_decoding.h"

namespace minions::formats {

// One of those up to kWindows1252, or kUserDefined.
[[nodiscard]] Decoded from_single_byte(Encoding encoding, ByteView bytes);

}  // namespace minions::formats
