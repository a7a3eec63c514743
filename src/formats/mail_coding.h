// How mail writes bytes and other alphabets in ASCII: transfer encodings (RFC 2045 section 6), words in headers (RFC
// 2047), parameters (RFC 2045 section 5.1, RFC 2231). Lenient, as mail requires: an invalid code is kept as text.
#pragma once

#include <string>
#include <string_view>

#include "formats/charset.h"

namespace minions::formats {

[[nodiscard]] std::string decode_base64_lenient(std::string_view text);
[[nodiscard]] std::string decode_quoted_printable(std::string_view text);
// By the name of a Content-Transfer-Encoding; the text itself for 7bit, 8bit, binary and unknown ones.
[[nodiscard]] std::string decode_transfer(std::string_view encoding, std::string_view text);

// A header's value with its encoded words (`=?utf-8?Q?caf=C3=A9?=`) as UTF-8 on one line. Bytes outside of them that
// are no UTF-8 are in the encoding of that label.
[[nodiscard]] std::string decode_header(std::string_view value, std::string_view raw_charset = {});
// Of `text/html; charset="utf-8"`: the value before the first semicolon, lower case and trimmed.
[[nodiscard]] std::string main_value(std::string_view value);
// A parameter by its lower-case name, unquoted, as UTF-8; empty without one.
[[nodiscard]] std::string parameter(std::string_view value, std::string_view name);

}  // namespace minions::formats
