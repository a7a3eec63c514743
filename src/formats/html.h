// The readable text of HTML: tags become lines, lists and tabs; scripts, styles and comments are left out. A tokenizer
// like the HTML standard's (section 13.2.5), without a tree; accepts any input.
#pragma once

#include "formats/page_writer.h"

namespace minions::formats {

// Writes `utf8` in pieces of text to the writer; does not end the page.
void write_html(std::string_view utf8, PageWriter& writer);
// The encoding that a page names in its first 1,024 bytes; empty without one.
[[nodiscard]] std::string html_charset(std::string_view start);

}  // namespace minions::formats
