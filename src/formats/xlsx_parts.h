// The parts of a workbook that its sheets refer to (ECMA-376 part 1, section 18): the list of sheets, number formats,
// shared texts, notes on cells, drawings and charts.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "formats/cell_value.h"
#include "formats/number_format.h"
#include "formats/xml.h"

namespace minions::formats {

inline constexpr std::uint64_t kMaxSharedBytes = 64 * 1024 * 1024;

[[nodiscard]] unsigned number_in(std::string_view text);  // 0 if it is none
[[nodiscard]] bool is_true(std::string_view text);

struct Sheet {
  std::string name;
  std::string id;
  bool hidden;
};

class WorkbookHandler final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  [[nodiscard]] Read<void> status() const override;
  [[nodiscard]] const std::vector<Sheet>& sheets() const { return sheets_; }
  [[nodiscard]] Epoch epoch() const { return epoch_; }

 private:
  std::vector<Sheet> sheets_;
  Epoch epoch_ = Epoch::k1900;
};

// cellXfs in their order; other uses of `xf` are styles, which cells do not refer to.
class StylesHandler final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view) override {}
  [[nodiscard]] const NumberFormat& of(std::string_view index) const;

 private:
  std::map<unsigned, NumberFormat> formats_;
  std::vector<NumberFormat> styles_;
  NumberFormat general_;
  bool in_cells_ = false;
};

// The runs of one text, without the reading of Chinese characters, which cells do not show. Raised runs get a mark, so
// that 10 and a raised 6 do not read 106.
class RichText {
 public:
  void start(std::string_view name, const XmlAttributes& attributes);
  void end(std::string_view name);
  void text(std::string_view text);
  [[nodiscard]] std::string take();
  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  std::string text_;
  bool in_text_ = false;
  bool in_reading_ = false;
  bool is_raised_ = false;
};

class SharedStrings final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override { rich_.start(name, attributes); }
  void end(std::string_view name) override;
  void text(std::string_view text) override { rich_.text(text); }
  [[nodiscard]] Read<void> status() const override;
  [[nodiscard]] std::string_view at(std::string_view index) const;

 private:
  RichText rich_;
  std::string text_;
  std::vector<std::size_t> ends_;
};

// Who writes threaded comments, by id.
class PersonsHandler final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  [[nodiscard]] Read<void> status() const override;
  [[nodiscard]] std::string name_of(const std::string& id) const;

 private:
  std::map<std::string, std::string> names_;
};

struct CellNote {
  CellPlace place;
  std::string author;  // of a threaded comment the person's id
  std::string text;
};

// Notes, and the threaded comments that newer programs write beside them.
class NotesHandler final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;
  [[nodiscard]] const std::vector<CellNote>& notes() const { return notes_; }

 private:
  std::vector<std::string> authors_;
  std::vector<CellNote> notes_;
  RichText rich_;
  std::string author_;
  std::uint64_t bytes_ = 0;
  bool in_author_ = false;
  bool in_threaded_ = false;
};

// What lies over the cells.
class DrawingHandler final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;
  [[nodiscard]] const std::vector<std::string>& boxes() const { return boxes_; }
  [[nodiscard]] const std::vector<std::string>& charts() const { return charts_; }  // ids
  [[nodiscard]] std::uint64_t pictures() const { return pictures_; }
  [[nodiscard]] std::uint64_t diagrams() const { return diagrams_; }

 private:
  std::vector<std::string> boxes_;
  std::vector<std::string> charts_;
  std::string box_;
  std::uint64_t bytes_ = 0;
  std::uint64_t pictures_ = 0;
  std::uint64_t diagrams_ = 0;
  int skipped_depth_ = 0;
  bool in_text_ = false;
};

// A chart's titles, or its series without one; its numbers are those of cells.
class ChartTitleHandler final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;
  [[nodiscard]] std::string title() const;

 private:
  std::string titles_;
  std::string series_;
  std::string current_;
  int titles_open_ = 0;
  int series_open_ = 0;
  bool in_series_name_ = false;
  bool in_text_ = false;
};

}  // namespace minions::formats
