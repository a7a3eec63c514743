// Chinese, Japanese and Korean encodings as the WHATWG Encoding standard frames them (its sections 10 to 13), converted
// by the C library's tables for the supersets that the standard's are closest to.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "formats/encoding_label.h"
#include "formats/text_decoding.h"

namespace minions::formats {

// One of those from kGb18030 to kEucKr. Nothing if this system has no table for it. The text may hold code points that
// are not UTF-8's.
[[nodiscard]] std::optional<Decoded> from_multi_byte(Encoding encoding, ByteView bytes);

}  // namespace minions::formats
