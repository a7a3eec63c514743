// Makes text from outside the program - a server, a model, a document, a file name - safe to print on a terminal: it
// must not move the cursor, change the title, answer questions in the user's name, or look like other text.
#pragma once

#include <string>
#include <string_view>

namespace minions {

// Replaces each of these with a question mark: control characters except line ends and tabs (C0, DEL, C1), invalid
// UTF-8, and the format characters that hide or reorder text (Unicode's bidi controls, tags, invisible operators).
// Keeps the joiners U+200C and U+200D, which some languages need. Each piece of a text is safe by itself.
[[nodiscard]] std::string for_terminal(std::string_view text);

// The same for a single line of the program's own output: line ends and tabs become spaces, so that nothing quoted in
// it looks like another line. Text beyond 4,096 bytes is cut, visibly.
[[nodiscard]] std::string line_for_terminal(std::string_view text);

}  // namespace minions
