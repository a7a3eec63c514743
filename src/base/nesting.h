// How deep a text nests, before a parser that recurses reads it: one that is made to be deep ends the program.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace minions {

// Whether objects and arrays of JSON are within one another more than `limit` times, as far as brackets outside of
// strings tell.
[[nodiscard]] bool json_nests_deeper(std::string_view text, std::size_t limit);

// The line, from 1, of the first key of TOML that has more than `limit` dots: each makes a table within the one before.
[[nodiscard]] std::optional<std::size_t> line_of_deep_toml_key(std::string_view text, std::size_t limit);

}  // namespace minions
