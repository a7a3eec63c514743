// Text from outside the program - a server, a model, a document, a file's name - as it may stand on a terminal: it must
// not move the cursor, change the title, answer questions in the user's name, or look like other text than it is.
#pragma once

#include <string>
#include <string_view>

namespace minions {

// Each of these becomes a question mark: control characters but line ends and tabs (C0, DEL, C1), what is no UTF-8, and
// the format characters that hide text or turn its order round (Unicode's bidi controls, tags, invisible operators).
// Not the joiners U+200C and U+200D, which languages need. Each piece of a text is
// safe by itself.
[[nodiscard]] std::string for_terminal(std::string_view text);

// The same for one line of the program's own: line ends and tabs become spaces, so that nothing that is quoted in it
// passes for another line. What is longer than 4,096 bytes is cut, which shows.
[[nodiscard]] std::string line_for_terminal(std::string_view text);

}  // namespace minions
