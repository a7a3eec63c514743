// Puts the words of a page on lines: white space becomes one blank, list items get their marks and indentation, the
// cells of a row stand on one line with tabs between them.
#pragma once

#include "formats/page_writer.h"

namespace minions::formats {

class HtmlFlow {
 public:
  explicit HtmlFlow(PageWriter& writer) : writer_(writer) {}

  void words(std::string_view text);       // white space collapsed
  void kept(std::string_view text);        // as it is
  void kept_lines(std::string_view text);  // line ends as they are, other white space collapsed
  void piece(std::string_view text);       // without white space, next to what is before
  void space() { pending_space_ = true; }

  void line_break();
  void end_line();
  void end_paragraph();

  // Text that stands before what comes next, if anything does before `close`.
  void open(std::string_view mark);
  void close(std::string_view mark, std::string_view end);

  void begin_item(std::string_view mark, std::size_t indent);
  void end_item();
  void indent(std::size_t blanks) { indent_ = blanks; }

  void begin_row();
  void cell(std::size_t column);  // of the row, from 0
  void end_row();
  [[nodiscard]] bool in_row() const { return in_row_; }

  // The last byte that stands directly before what comes next; 0 after white space and at the start of a line.
  [[nodiscard]] char last() const;
  [[nodiscard]] bool ok() const { return writer_.status().has_value(); }
  [[nodiscard]] PageWriter& writer() { return writer_; }

 private:
  void put(std::string_view word);
  void lead_in();

  PageWriter& writer_;
  std::string item_mark_;  // of a list item without text so far
  std::string opening_;
  std::size_t indent_ = 0;
  std::size_t mark_indent_ = 0;
  std::size_t column_ = 0;   // of the cell that was written last
  std::size_t columns_ = 0;  // of the cell that is being written
  char last_ = '\0';
  bool pending_space_ = false;
  bool in_row_ = false;
  bool in_cell_ = false;        // which has text
  bool pending_break_ = false;  // within a cell
};

}  // namespace minions::formats
