// How far the regular expressions with which models split their prompts can reach at once: over blanks of any kind, or
// over text without an ASCII blank. Those run by std::regex take stack in proportion to that length.
#pragma once

#include <cstddef>
#include <string_view>

namespace minions::llama {

// Bytes. Blanks are those of Unicode (White_Space); the ones beyond ASCII belong to runs of both kinds.
[[nodiscard]] std::size_t longest_run(std::string_view text);

}  // namespace minions::llama
