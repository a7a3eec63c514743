// The cells of one sheet: a line for each row, tabs between cells, and the notes on a row's cells behind it.
#pragma once

#include <vector>

#include "formats/page_writer.h"
#include "formats/xlsx_parts.h"

namespace minions::formats {

struct Workbook {
  WorkbookHandler sheets;
  StylesHandler styles;
  SharedStrings strings;
  PersonsHandler persons;
};

class SheetHandler final : public XmlHandler {
 public:
  // `notes` are sorted by place, each with its author's name.
  SheetHandler(const Workbook& workbook, const std::vector<CellNote>& notes, PageWriter& writer);

  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;

  // What is left when the part has ended: notes on rows that are not there, headers and footers.
  void finish(std::string_view sheet_name);
  [[nodiscard]] std::uint64_t uncached_formulas() const { return uncached_formulas_; }
  // Rows, columns and cells that are hidden and read.
  [[nodiscard]] std::uint64_t hidden() const { return hidden_rows_ + hidden_columns_.size() + hidden_cells_; }

 private:
  void start_row(const XmlAttributes& attributes);
  void start_cell(const XmlAttributes& attributes);
  void end_cell();
  void end_row();
  void hide_columns(const XmlAttributes& attributes);
  void write_value(std::string_view text);
  [[nodiscard]] std::string shown_value();
  [[nodiscard]] std::string shown_or(std::optional<std::string> shown, std::string_view otherwise);
  void write_notes(std::uint32_t last_row);

  const Workbook& workbook_;
  const std::vector<CellNote>& notes_;
  PageWriter& writer_;
  std::size_t next_note_ = 0;
  std::string value_;
  RichText rich_;
  std::string type_;
  std::string style_;
  CellPlace place_;                      // of the cell being read
  std::optional<std::uint32_t> column_;  // of the last cell written in the row
  bool starts_ = true;                   // no row has been read
  bool row_is_hidden_ = false;
  bool in_cell_ = false;
  bool in_value_ = false;
  bool has_value_ = false;
  bool has_formula_ = false;
  std::uint64_t uncached_formulas_ = 0;
  std::vector<bool> columns_hidden_;
  std::set<std::uint32_t> hidden_columns_;  // that have values
  std::uint64_t hidden_rows_ = 0;
  std::uint64_t hidden_cells_ = 0;
  std::uint32_t column_ranges_ = 0;
  bool in_margin_ = false;
  std::string margin_;
  std::vector<std::string> margins_;  // lines of headers and footers, as coded
};

// A header or footer without its codes of fonts and fields: `&L&"Arial,Bold"Draft&RPage &P` is `Draft Page #`.
[[nodiscard]] std::string margin_text(std::string_view code, std::string_view sheet_name);

}  // namespace minions::formats
