// How deep a text nests, before a parser that recurses reads it: one that is made to be deep ends the program.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace minions {

// Whether objects and arrays of JSON are within one another more than `limit` times, as far as brackets outside of
// strings tell.
[[nodiscard]] bool json_nests_deeper(std::string_view text, std::size_t limit);

// The line, from 1, of the first that has more than `limit` dots. In TOML each dot of a key makes a table within the
// one before, and a key is on one line; what else has dots, strings and remarks, counts as well, so that nothing hides
// one.
[[nodiscard]] std::optional<std::size_t> line_with_more_dots(std::string_view text, std::size_t limit);

}  // namespace minions
