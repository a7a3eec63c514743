// WordprocessingML (ECMA-376 part 1, section 17). Leaves out deleted text of tracked changes, includes inserted text.
#include "formats/office.h"
#include "formats/package.h"

namespace minions::formats {
namespace {

// Elements whose content is not text of the document: properties, and alternatives that repeat the same content.
bool is_skipped(std::string_view name) {
  return name == "pPr" || name == "rPr" || name == "tblPr" || name == "sectPr" || name == "Fallback" ||
         name == "moveFrom" || name == "instrText" || name == "delText";
}

class BodyHandler final : public XmlHandler {
 public:
  explicit BodyHandler(PageWriter& writer) : writer_(writer) {}

  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (skipped_depth_ > 0) {
      ++skipped_depth_;
      if (name == "pStyle") take_style(attributes.get("val"));
      return;
    }
    if (is_skipped(name)) {
      skipped_depth_ = 1;
    } else if (name == "t") {
      in_text_ = true;
      write_heading_marks();
    } else if (name == "tab") {
      writer_.text("\t");
    } else if (name == "br") {
      attributes.get("type") == "page" ? writer_.end_page() : writer_.text("\n");
    } else if (name == "cr") {
      writer_.text("\n");
    } else if (name == "noBreakHyphen") {
      writer_.text("-");
    } else if (name == "lastRenderedPageBreak") {
      // After an explicit break the layout repeats it.
      if (!writer_.page_is_blank()) writer_.end_page();
      saved_breaks_ = true;
    } else if (name == "p") {
      if (cells_ > 0 && cell_has_text_) writer_.text(" ");
      heading_level_ = 0;
    } else if (name == "tr") {
      column_ = 0;
    } else if (name == "tc") {
      if (column_++ > 0) writer_.text("\t");
      ++cells_;
      cell_has_text_ = false;
    } else if (name == "footnoteReference" || name == "endnoteReference") {
      writer_.text("[^" + std::string(attributes.get("id")) + "]");
    } else if (name == "footnote" || name == "endnote") {
      start_note(attributes);
    } else if (name == "blip" || name == "imagedata") {
      ++pictures_;
    }
  }

  void end(std::string_view name) override {
    if (skipped_depth_ > 0) {
      --skipped_depth_;
    } else if (name == "t") {
      in_text_ = false;
    } else if (name == "tc") {
      --cells_;
      cell_has_text_ = false;
    } else if (name == "tr" && cells_ == 0) {
      writer_.text("\n");
    } else if (name == "tbl" && cells_ == 0) {
      writer_.end_paragraph();
    } else if (name == "p" && cells_ == 0) {
      writer_.end_paragraph();
    }
  }

  void text(std::string_view text) override {
    if (!in_text_ || skipped_depth_ > 0) return;
    writer_.text(text);
    cell_has_text_ = true;
  }

  [[nodiscard]] Read<void> status() const override { return writer_.status(); }
  [[nodiscard]] bool saved_breaks() const { return saved_breaks_; }
  [[nodiscard]] std::uint64_t pictures() const { return pictures_; }

 private:
  void take_style(std::string_view style) {
    constexpr std::string_view kHeading = "Heading";
    if (!style.starts_with(kHeading) || style.size() != kHeading.size() + 1) return;
    const char level = style.back();
    if (level >= '1' && level <= '6') heading_level_ = level - '0';
  }
  void write_heading_marks() {
    if (heading_level_ > 0 && cells_ == 0)
      writer_.text(std::string(static_cast<std::size_t>(heading_level_), '#') + " ");
    heading_level_ = 0;
  }
  void start_note(const XmlAttributes& attributes) {
    const std::string_view type = attributes.get("type");  // separators are notes of a type
    if (type.empty() || type == "normal") writer_.text("[^" + std::string(attributes.get("id")) + "] ");
  }

  PageWriter& writer_;
  int skipped_depth_ = 0;
  int cells_ = 0;
  int column_ = 0;
  int heading_level_ = 0;
  bool cell_has_text_ = false;
  bool in_text_ = false;
  bool saved_breaks_ = false;
  std::uint64_t pictures_ = 0;
};

}  // namespace

Read<void> read_docx(Zip& zip, const std::string& main_part, PageWriter& writer) {
  auto related = relationships_of(zip, main_part);
  if (!related) return stop(related.error());
  BodyHandler body(writer);
  if (auto read = zip.parse_part(main_part, body); !read) return read;
  for (const std::string_view type : {"footnotes", "endnotes", "comments"}) {
    const std::string part = target_of_type(*related, type);
    if (part.empty()) continue;
    writer.end_paragraph();
    if (type == "comments") writer.text("Comments:\n");
    BodyHandler notes(writer);
    if (auto read = zip.parse_part(part, notes); !read) return read;
  }
  if (body.saved_breaks()) writer.remark(Remark::kSavedPageNumbers, 1);
  if (body.pictures() > 0) writer.remark(Remark::kUnreadPictures, body.pictures());
  writer.finish();
  return writer.status();
}

}  // namespace minions::formats
