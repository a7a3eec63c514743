// What single elements of a page say: whether they are seen, and the text of those whose words stand in attributes.
#pragma once

#include <string>

#include "formats/html_style.h"
#include "formats/html_tree.h"

namespace minions::formats {

// What a part of a page inherits from the elements around it.
struct Inherited {
  White white = White::kCollapsed;
  bool is_hidden = false;  // visibility
  bool is_tiny = false;    // text of size 0
  bool is_struck = false;
  bool is_drawing = false;  // in SVG, outside its texts
  bool is_flex = false;     // its children stand apart
  std::size_t indent = 0;

  [[nodiscard]] bool is_seen() const { return !is_hidden && !is_tiny && !is_drawing; }
};

// All style elements of a page.
[[nodiscard]] StyleSheet style_sheet_of(const GumboNode& root);
[[nodiscard]] Style style_of(const GumboNode& element, const StyleSheet& sheet);
// Nothing in it is shown, whatever its content says.
[[nodiscard]] bool is_left_out(const GumboNode& element, const Style& style);
void inherit(const Style& style, Inherited& to);

// The words in an element on one line; of longer ones no more than this many bytes.
[[nodiscard]] std::string words_in(const GumboNode& element, const StyleSheet& sheet, std::size_t limit_bytes);
// `[x]`, a value, the chosen options; empty if nothing is to be seen.
[[nodiscard]] std::string words_of_input(const GumboNode& input);
[[nodiscard]] std::string words_of_select(const GumboNode& select, const StyleSheet& sheet);
// Raised or lowered text: `^2` in 10^2, `[1]` for a note, `_i`; as it is where that reads the same. `before` is the
// byte before it, 0 after white space.
[[nodiscard]] std::string raised_words(const GumboNode& element, std::string_view words, char before);
[[nodiscard]] std::string lowered_words(std::string_view words, char before);

}  // namespace minions::formats
