// How many tokens a text may have, when no tokenizer is available. The estimate is high, so that a text which is
// estimated to fit does.
#pragma once

#include <cstdint>
#include <string_view>

namespace minions::runs {

// A token for every three bytes of ASCII and every two of the rest, rounded up. English has about four bytes a token.
[[nodiscard]] std::uint64_t estimated_tokens(std::string_view text);
// Fewer than any tokenizer in use makes from running text: eight bytes per token.
[[nodiscard]] std::uint64_t least_tokens(std::string_view text);

}  // namespace minions::runs
