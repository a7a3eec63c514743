// How many tokens a text may have, where no tokenizer is at hand. The estimate is high, so that what is said to fit
// does.
#pragma once

#include <cstdint>
#include <string_view>

namespace minions::runs {

// A token for every three bytes of ASCII and every two of the rest, rounded up. English has about four bytes a token.
[[nodiscard]] std::uint64_t estimated_tokens(std::string_view text);
// Fewer than any tokenizer in use makes of running text: eight bytes a token.
[[nodiscard]] std::uint64_t least_tokens(std::string_view text);

}  // namespace minions::runs
