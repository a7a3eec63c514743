// A formula of MathML on one line: (a + b)/c, x^2, x_(i+1), sqrt(2).
#pragma once

#include <string>

#include "formats/html_tree.h"

namespace minions::formats {

[[nodiscard]] std::string math_line(const GumboNode& math);

// Text to be raised or lowered, after its mark: in parentheses unless it is one number or word.
[[nodiscard]] std::string grouped(std::string_view text);

}  // namespace minions::formats
