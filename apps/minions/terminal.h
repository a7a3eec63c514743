// Text of a model on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace minions::app {

// Without control characters but line ends and tabs: what a model writes must not move the cursor, change the title or
// answer questions in the user's name.
[[nodiscard]] std::string for_terminal(std::string_view text);

}  // namespace minions::app
