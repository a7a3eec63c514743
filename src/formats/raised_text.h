// Superscripts and subscripts in plain text: 10^6, e^{-kt}, x_i, V_{max}; the digits of H2O and the letters of 1st
// stand as they are.
#pragma once

#include <string>
#include <string_view>

namespace minions::formats {

enum class Script { kNone, kSuper, kSub };

// `before` and `after` are the neighbouring bytes, '\0' for none.
[[nodiscard]] std::string with_script_mark(std::string_view utf8, Script script, char before, char after);

// `^` or `_` and the text, in braces unless it is one character or a number.
[[nodiscard]] std::string script_mark(std::string_view utf8, Script script);

// A letter or digit: what would run together with another. Bytes above ASCII count as letters.
[[nodiscard]] bool joins_words(char byte);

}  // namespace minions::formats
