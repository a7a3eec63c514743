// OpenDocument (ISO/IEC 26300): text with its soft page breaks, slides, sheets. All three are one grammar in
// content.xml.
#include <algorithm>
#include <charconv>

#include "formats/office.h"

namespace minions::formats {
namespace {

constexpr unsigned kMaxRepeats = 64;  // spreadsheets repeat the empty cell to the edge of the sheet

bool is_skipped(std::string_view name) {
  return name == "tracked-changes" || name == "annotation" || name == "forms" || name == "styles" ||
         name == "tracked-change" || name == "settings";
}

unsigned count_in(std::string_view text) {
  unsigned count = 1;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return std::min(count, kMaxRepeats);
}

class ContentHandler final : public XmlHandler {
 public:
  ContentHandler(OfficeKind kind, PageWriter& writer) : kind_(kind), writer_(writer) {}

  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (skipped_depth_ > 0 || is_skipped(name)) {
      ++skipped_depth_;
    } else if (name == "p" || name == "h") {
      start_paragraph(name, attributes);
    } else if (name == "s") {
      writer_.text(std::string(count_in(attributes.get("c")), ' '));
    } else if (name == "tab") {
      writer_.text("\t");
    } else if (name == "line-break") {
      writer_.text("\n");
    } else if (name == "soft-page-break") {
      saved_breaks_ = true;
      if (!writer_.page_is_blank()) writer_.end_page();
    } else if (name == "note-citation") {
      writer_.text("[^");
    } else if (name == "note-body") {
      writer_.text("] (");
      ++inline_depth_;
    } else if (name == "table") {
      start_table(attributes);
    } else if (name == "table-cell" || name == "covered-table-cell") {
      start_cell(attributes);
    } else if (name == "notes" && kind_ == OfficeKind::kOdp) {
      writer_.end_paragraph();
      writer_.text("Notes: ");
    } else if (name == "image") {
      ++pictures_;
    }
  }

  void end(std::string_view name) override {
    if (skipped_depth_ > 0) {
      --skipped_depth_;
    } else if (name == "p" || name == "h") {
      --paragraphs_;
      if (cells_ == 0 && inline_depth_ == 0) writer_.end_paragraph();
    } else if (name == "note-body") {
      --inline_depth_;
      writer_.text(")");
    } else if (name == "table-cell" || name == "covered-table-cell") {
      end_cell();
    } else if (name == "table-row" && cells_ == 0) {
      waiting_tabs_ = 0;
      writer_.end_line();
    } else if (name == "table") {
      if (kind_ == OfficeKind::kOds) writer_.end_page();
    } else if (name == "page" && kind_ == OfficeKind::kOdp) {
      writer_.end_page();
    }
  }

  void text(std::string_view text) override {
    // Note numbers are next to paragraphs, everything else is in one.
    if (skipped_depth_ > 0 || paragraphs_ == 0) return;
    if (cells_ > 0) cell_text_ += text;
    writer_.text(text);
  }

  [[nodiscard]] Read<void> status() const override { return writer_.status(); }
  [[nodiscard]] bool saved_breaks() const { return saved_breaks_; }
  [[nodiscard]] std::uint64_t pictures() const { return pictures_; }

 private:
  void start_paragraph(std::string_view name, const XmlAttributes& attributes) {
    ++paragraphs_;
    if (cells_ > 0 && !cell_text_.empty()) writer_.text(" ");
    if (cells_ > 0 && cell_text_.empty()) write_tabs();
    const unsigned level = std::min(6U, count_in(attributes.get("outline-level")));
    if (name == "h" && cells_ == 0) writer_.text(std::string(level, '#') + " ");
  }
  void start_table(const XmlAttributes& attributes) {
    if (kind_ == OfficeKind::kOds) writer_.text("Sheet: " + std::string(attributes.get("name")) + "\n");
  }
  void start_cell(const XmlAttributes& attributes) {
    ++cells_;
    cell_text_.clear();
    repeats_ = count_in(attributes.get("number-columns-repeated"));
  }
  // Tabs come before the next cell with text, so that empty cells at the end of a row leave nothing.
  void end_cell() {
    --cells_;
    waiting_tabs_ = std::min(waiting_tabs_ + repeats_, kMaxRepeats);
    repeats_ = 1;
    cell_text_.clear();
  }
  void write_tabs() {
    writer_.text(std::string(waiting_tabs_, '\t'));
    waiting_tabs_ = 0;
  }

  OfficeKind kind_;
  PageWriter& writer_;
  int skipped_depth_ = 0;
  int inline_depth_ = 0;
  int paragraphs_ = 0;
  int cells_ = 0;
  unsigned repeats_ = 1;
  unsigned waiting_tabs_ = 0;
  std::string cell_text_;
  bool saved_breaks_ = false;
  std::uint64_t pictures_ = 0;
};

}  // namespace

Read<void> read_opendocument(Zip& zip, OfficeKind kind, PageWriter& writer) {
  ContentHandler content(kind, writer);
  if (auto read = zip.parse_part("content.xml", content); !read) return read;
  if (content.saved_breaks()) writer.remark(Remark::kSavedPageNumbers, 1);
  if (content.pictures() > 0) writer.remark(Remark::kUnreadPictures, content.pictures());
  writer.finish();
  return writer.status();
}

}  // namespace minions::formats
