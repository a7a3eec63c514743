// Makes a page fit for an HTML parser before it is parsed. XHTML: what XML alone means is written as HTML. Any page: no
// nesting and no tags that cost a tree parser quadratic time.
#pragma once

#include <string>
#include <string_view>

namespace minions::formats {

// Empty if the page can stay as it is, which nearly all can.
[[nodiscard]] std::string rewritten_html(std::string_view utf8);

}  // namespace minions::formats
