// SpreadsheetML (ECMA-376 part 1, section 18): a page for each sheet, a line for each row, tabs between cells. Values
// are those that were saved; formulas are not computed.
#include <charconv>

#include "formats/cell_value.h"
#include "formats/office.h"
#include "formats/package.h"

namespace minions::formats {
namespace {

constexpr std::uint64_t kMaxSharedBytes = 64 * 1024 * 1024;
constexpr std::uint32_t kMaxGap = 64;  // of empty cells that are written as tabs

unsigned number_in(std::string_view text) {
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_true(std::string_view text) { return text == "1" || text == "true"; }

struct Sheet {
  std::string name;
  std::string id;
  bool hidden;
};

class WorkbookHandler final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "sheet") {
      sheets_.push_back({std::string(attributes.get("name")), std::string(attributes.get("relationships", "id")),
                         attributes.get("state").find("idden") != std::string_view::npos});
    } else if (name == "workbookPr" && is_true(attributes.get("date1904"))) {
      epoch_ = Epoch::k1904;
    }
  }
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  [[nodiscard]] Read<void> status() const override {
    if (sheets_.size() > 10'000) return stop(ExtractExit::kTooManyPages);
    return {};
  }
  [[nodiscard]] const std::vector<Sheet>& sheets() const { return sheets_; }
  [[nodiscard]] Epoch epoch() const { return epoch_; }

 private:
  std::vector<Sheet> sheets_;
  Epoch epoch_ = Epoch::k1900;
};

// cellXfs in their order; other uses of `xf` are styles, which cells do not refer to.
class StylesHandler final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "numFmt" && custom_.size() < 10'000) {
      custom_[number_in(attributes.get("numFmtId"))] = style_of_code(attributes.get("formatCode"));
    } else if (name == "cellXfs") {
      in_cells_ = true;
    } else if (name == "xf" && in_cells_ && styles_.size() < 100'000) {
      const unsigned format = number_in(attributes.get("numFmtId"));
      const auto custom = custom_.find(format);
      styles_.push_back(custom == custom_.end() ? built_in_style(format) : custom->second);
    }
  }
  void end(std::string_view name) override {
    if (name == "cellXfs") in_cells_ = false;
  }
  void text(std::string_view) override {}
  [[nodiscard]] NumberStyle of(std::string_view index) const {
    const unsigned at = number_in(index);
    return at < styles_.size() ? styles_[at] : NumberStyle::kNumber;
  }

 private:
  std::map<unsigned, NumberStyle> custom_;
  std::vector<NumberStyle> styles_;
  bool in_cells_ = false;
};

class SharedStrings final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes&) override {
    if (name == "rPh") in_reading_ = true;  // the reading of Chinese characters, which cells do not show
    if (name == "t") in_text_ = true;
  }
  void end(std::string_view name) override {
    if (name == "rPh") in_reading_ = false;
    if (name == "t") in_text_ = false;
    if (name == "si") ends_.push_back(text_.size());
  }
  void text(std::string_view text) override {
    if (in_text_ && !in_reading_) text_ += text;
  }
  [[nodiscard]] Read<void> status() const override {
    if (text_.size() + ends_.size() * sizeof(std::size_t) > kMaxSharedBytes) return stop(ExtractExit::kTooMuchText);
    return {};
  }
  [[nodiscard]] std::string_view at(std::string_view index) const {
    const unsigned i = number_in(index);
    if (i >= ends_.size()) return {};
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
  bool in_text_ = false;
  bool in_reading_ = false;
};

struct Workbook {
  WorkbookHandler sheets;
  StylesHandler styles;
  SharedStrings strings;
};

class SheetHandler final : public XmlHandler {
 public:
  SheetHandler(const Workbook& workbook, PageWriter& writer) : workbook_(workbook), writer_(writer) {}

  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "row") {
      column_ = 0;
    } else if (name == "c") {
      start_cell(attributes);
    } else if (name == "v" || name == "t") {
      in_value_ = in_cell_;
    } else if (name == "f" && in_cell_) {
      has_formula_ = true;
    } else if (name == "rPh") {
      in_reading_ = true;
    }
  }
  void end(std::string_view name) override {
    if (name == "row") {
      writer_.end_line();
    } else if (name == "c") {
      end_cell();
    } else if (name == "v" || name == "t") {
      in_value_ = false;
    } else if (name == "rPh") {
      in_reading_ = false;
    }
  }
  void text(std::string_view text) override {
    if (in_value_ && !in_reading_) value_ += text;
  }
  [[nodiscard]] Read<void> status() const override {
    if (value_.size() > kMaxSharedBytes) return stop(ExtractExit::kTooMuchText);
    return writer_.status();
  }
  [[nodiscard]] std::uint64_t uncached_formulas() const { return uncached_formulas_; }

 private:
  void start_cell(const XmlAttributes& attributes) {
    const std::string_view reference = attributes.get("r");
    if (!reference.empty()) cell_column_ = column_of(reference);
    type_ = attributes.get("t");
    style_ = workbook_.styles.of(attributes.get("s"));
    value_.clear();
    in_cell_ = true;
    has_formula_ = false;
  }
  void end_cell() {
    if (has_formula_ && value_.empty()) ++uncached_formulas_;
    if (!value_.empty()) write_value();
    ++cell_column_;  // if the next one names no column
    in_cell_ = false;
  }
  void write_value() {
    const std::uint32_t gap = cell_column_ > column_ ? cell_column_ - column_ : 0;
    writer_.text(std::string(std::min(gap, kMaxGap), '\t'));
    column_ = std::max(cell_column_, column_);
    if (type_ == "s") {
      write_line(workbook_.strings.at(value_));
    } else if (type_ == "b") {
      writer_.text(value_ == "1" ? "TRUE" : "FALSE");
    } else if (type_.empty() || type_ == "n") {
      writer_.text(shown_number(value_, style_, workbook_.sheets.epoch()));
    } else {
      write_line(value_);  // str, inlineStr, e, d
    }
  }
  // A row stays a line.
  void write_line(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      writer_.text(text.substr(0, end));
      if (end == std::string_view::npos) return;
      writer_.text(" ");
      text.remove_prefix(end + 1);
    }
  }

  const Workbook& workbook_;
  PageWriter& writer_;
  std::string value_;
  std::string type_;
  NumberStyle style_ = NumberStyle::kNumber;
  std::uint32_t column_ = 0;       // of the last cell written
  std::uint32_t cell_column_ = 0;  // of the cell being read
  bool in_cell_ = false;
  bool in_value_ = false;
  bool in_reading_ = false;
  bool has_formula_ = false;
  std::uint64_t uncached_formulas_ = 0;
};

Read<void> read_workbook(Zip& zip, const std::string& main_part, const Relationships& related, Workbook& workbook) {
  if (auto read = zip.parse_part(main_part, workbook.sheets); !read) return read;
  const std::string styles = target_of_type(related, "styles");
  const std::string strings = target_of_type(related, "sharedStrings");
  return zip.parse_parts([&](std::string_view name) -> XmlHandler* {
    if (!styles.empty() && name == styles) return &workbook.styles;
    if (!strings.empty() && name == strings) return &workbook.strings;
    return nullptr;
  });
}

}  // namespace

Read<void> read_xlsx(Zip& zip, const std::string& main_part, PageWriter& writer) {
  auto related = relationships_of(zip, main_part);
  if (!related) return stop(related.error());
  Workbook workbook;
  if (auto read = read_workbook(zip, main_part, *related, workbook); !read) return read;
  std::uint64_t hidden = 0;
  std::uint64_t uncached = 0;
  for (const Sheet& sheet : workbook.sheets.sheets()) {
    const auto relationship = related->find(sheet.id);
    if (relationship == related->end()) return stop(ExtractExit::kDamaged);
    writer.text("Sheet: " + sheet.name + "\n");
    if (relationship->second.type == "worksheet") {  // chart sheets and dialogs have no cells
      SheetHandler handler(workbook, writer);
      if (auto read = zip.parse_part(relationship->second.target, handler); !read) return read;
      uncached += handler.uncached_formulas();
    }
    writer.end_page();
    if (sheet.hidden) ++hidden;
  }
  if (hidden > 0) writer.remark(Remark::kHiddenSheets, hidden);
  if (uncached > 0) writer.remark(Remark::kUncachedFormulas, uncached);
  writer.finish();
  return writer.status();
}

}  // namespace minions::formats
