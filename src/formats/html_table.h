// Which column a cell stands in, and which rows are to stand on one line: not those that only lay out a page.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/html_tree.h"

namespace minions::formats {

class HtmlTable {
 public:
  explicit HtmlTable(const GumboNode& table);
  // Its cells hold words, and neither long text in paragraphs nor tables beyond a few words.
  [[nodiscard]] bool is_one_line(const GumboNode& row) const;

  void begin_row() { column_ = 0; }
  // The column of the next cell of the row, from 0.
  [[nodiscard]] std::size_t place(const GumboNode& cell);
  void end_row();
  void end_group();  // thead, tbody, tfoot: no cell spans rows of two

 private:
  std::vector<std::uint16_t> covered_;  // how many rows from here on a cell above covers, by column
  std::vector<std::uint16_t> next_;     // the same for what begins in this row
  std::size_t column_ = 0;
  bool has_columns_ = false;
};

// `3. `, `c. `, `III. ` by the type attribute of ol.
[[nodiscard]] std::string item_number(long number, char type);

}  // namespace minions::formats
