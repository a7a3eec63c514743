// Makes a page fit for an HTML parser before it is parsed. XHTML: what XML alone means is written as HTML. Any page: no
// nesting and no tags that cost a tree parser quadratic time, and marks in the place of long texts, which a parser
// would copy byte by byte.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minions::formats {

// What stands for a text in the page: its number in `texts` between two characters of private use, U+10FFFD and
// U+10FFFC, which are taken out of the page itself.
inline constexpr std::string_view kTextBegin = "\xF4\x8F\xBF\xBD";
inline constexpr std::string_view kTextEnd = "\xF4\x8F\xBF\xBC";

struct HtmlSource {
  std::string html;
  std::vector<std::string_view> texts;  // of the page that it was made from
};
[[nodiscard]] HtmlSource html_source(std::string_view utf8);

}  // namespace minions::formats
