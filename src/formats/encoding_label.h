// The encodings of the WHATWG Encoding standard by their labels, and others that mail names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace minions::formats {

enum class Encoding : std::uint8_t {
  // One byte a character: single_byte.h.
  kIbm866,
  kIso8859_2,
  kIso8859_3,
  kIso8859_4,
  kIso8859_5,
  kIso8859_6,
  kIso8859_7,
  kIso8859_8,
  kIso8859_10,
  kIso8859_13,
  kIso8859_14,
  kIso8859_15,
  kIso8859_16,
  kKoi8R,
  kKoi8U,
  kMacintosh,
  kWindows874,
  kWindows1250,
  kWindows1251,
  kWindows1253,
  kWindows1254,
  kWindows1255,
  kWindows1256,
  kWindows1257,
  kWindows1258,
  kMacCyrillic,
  kWindows1252,
  // Several: multi_byte.h.
  kGb18030,
  kBig5,
  kEucJp,
  kIso2022Jp,
  kShiftJis,
  kEucKr,
  // Unicode and the rest.
  kUtf8,
  kUtf16Le,
  kUtf16Be,
  kUserDefined,
  kReplacement,  // those that are never decoded: ISO-2022-KR and others that hide ASCII
};

// A label as it is compared: without blanks, quotes and what follows a semicolon, in lower case; at most 64 bytes.
[[nodiscard]] std::string plain_label(std::string_view label);

// All of these take plain labels.
[[nodiscard]] std::optional<Encoding> encoding_of(std::string_view label);
// The name for iconv of an encoding that the standard does not have, such as UTF-7 or IBM850; empty if not known.
[[nodiscard]] std::string_view other_encoding(std::string_view label);

// Whether text in it can be converted. In any case, with blanks or quotes.
[[nodiscard]] bool is_known_encoding(std::string_view label);

}  // namespace minions::formats
