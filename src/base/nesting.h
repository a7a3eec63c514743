// How deep a text nests, checked before a recursive parser reads it: a text made deep on purpose would crash the
// program.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace minions {

// Whether JSON objects and arrays nest more than `limit` deep, judging by the brackets outside strings.
[[nodiscard]] bool json_nests_deeper(std::string_view text, std::size_t limit);

// The first line, from 1, with more than `limit` dots. In TOML each dot of a key opens a table within the one before,
// and a key is on one line. Dots in strings and comments count too, so that nothing can hide one.
[[nodiscard]] std::optional<std::size_t> line_with_more_dots(std::string_view text, std::size_t limit);

}  // namespace minions
