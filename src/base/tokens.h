// How many tokens a text may have, when no tokenizer is available.
#pragma once

#include <cstdint>
#include <string_view>

namespace minions {

// High, so that a text which is estimated to fit does: a token for every three bytes of ASCII and every two of the
// rest, rounded up. English has about four bytes a token.
[[nodiscard]] std::uint64_t estimated_tokens(std::string_view text);
// Low, so that a text which has more than fits does not: a token for every five characters, every three of Hangul and
// every two of Chinese and Japanese. Runs of white space, and of one character, count once.
[[nodiscard]] std::uint64_t low_estimated_tokens(std::string_view text);
// Fewer than any tokenizer in use makes from running text: eight bytes per token.
[[nodiscard]] std::uint64_t least_tokens(std::string_view text);

}  // namespace minions
