// Which of the forms of a message (multipart/alternative) says what it has to say. The plain form is often none: it is
// blank, asks for a program that shows HTML, or leaves out most.
#pragma once

#include <string_view>

namespace minions::formats {

enum class Form { kPlain, kRich, kBoth };

// Of the texts of both forms, UTF-8. kBoth: each says much that the other does not.
[[nodiscard]] Form best_form(std::string_view plain, std::string_view rich);

}  // namespace minions::formats
