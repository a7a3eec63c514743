// The rows of a table or sheet of an OpenDocument as lines: what repeats is written as often, empty cells leave their
// tabs, and both within limits.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "formats/cell_value.h"
#include "formats/xml.h"

namespace minions::formats {

class OdfTable {
 public:
  enum class Place { kPage, kCell };  // in a cell its rows are part of a line
  explicit OdfTable(Place place) : separator_(place == Place::kPage ? "\t" : " | "), is_inner_(place == Place::kCell) {}

  void start_column(const XmlAttributes& attributes);
  void start_row(const XmlAttributes& attributes);
  void start_cell(const XmlAttributes& attributes, bool is_covered);
  // A cell without text shows its value.
  void end_cell(std::string text);
  // The row's line, to be written `repeats` times; empty if the row has no text.
  struct Row {
    std::string line;
    std::uint32_t repeats;
  };
  [[nodiscard]] Row end_row();

  [[nodiscard]] CellPlace place() const { return place_; }
  [[nodiscard]] bool is_inner() const { return is_inner_; }
  [[nodiscard]] std::size_t held_bytes() const { return line_.size() + value_.size(); }
  [[nodiscard]] std::uint64_t hidden() const { return hidden_rows_ + hidden_columns_.size(); }
  [[nodiscard]] std::uint64_t covered() const { return covered_; }  // texts beneath merged cells
  [[nodiscard]] std::uint64_t shortened() const { return shortened_; }
  [[nodiscard]] std::uint64_t uncached() const { return uncached_; }

 private:
  std::string separator_;
  bool is_inner_;
  CellPlace place_;
  std::string line_;
  std::string value_;
  std::uint32_t waiting_ = 0;  // separators before the next text
  std::uint32_t row_repeats_ = 1;
  std::uint32_t cell_repeats_ = 1;
  bool row_is_hidden_ = false;
  bool is_covered_ = false;
  bool has_formula_ = false;
  std::vector<bool> columns_hidden_;
  std::set<std::uint32_t> hidden_columns_;  // that have text
  std::uint64_t hidden_rows_ = 0;
  std::uint64_t covered_ = 0;
  std::uint64_t shortened_ = 0;
  std::uint64_t uncached_ = 0;
};

}  // namespace minions::formats
