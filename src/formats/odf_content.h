// The body of an OpenDocument: text with its lists and soft page breaks, slides, sheets. All three are one grammar.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "formats/odf_lists.h"
#include "formats/odf_object.h"
#include "formats/odf_styles.h"
#include "formats/odf_table.h"
#include "formats/page_writer.h"

namespace minions::formats {

using OdfObjects = std::map<std::string, OdfObject, std::less<>>;  // by part: `Object 1/content.xml`

class OdfContent final : public XmlHandler {
 public:
  // `styles` take those of the content too. Without a kind, the document's own media type tells it.
  OdfContent(std::optional<OfficeKind> kind, OdfStyles& styles, const OdfObjects& objects, PageWriter& writer);

  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;

  [[nodiscard]] std::optional<OfficeKind> kind() const { return kind_; }
  // What is due at the end: headers and footers of a text, and the remarks.
  void finish();

 private:
  enum class Opened {
    kOther,
    kParagraph,
    kRaised,
    kReading,   // of a ruby
    kCitation,  // the mark of a note
    kNote,
    kComment,
    kAuthor,
    kShape,  // whose paragraphs stand for themselves
    kBox,
    kFrame,
    kList,
    kItem,
    kTable,
    kRow,
    kCell,
    kPage,
    kNotes,
    kDeclaration,  // a footer that slides refer to
    kForms,
    kFieldMark,
  };
  // Text that is put together apart from what stands around it.
  struct Flow {
    std::string_view separator;  // between paragraphs
    std::string text;
    std::string paragraph;
    std::string prefix;  // of the paragraph: its number
    int open_paragraphs = 0;
    std::size_t lists = 0;  // how many lists are open around it
    bool is_hidden = false;
    bool is_item = false;
    char mark = 0;  // before the next text, if it follows some
  };
  struct List {
    std::string style;
    std::string id;
    ListNumbers numbers;  // of the outermost
    unsigned start = 0;
    bool waits = false;  // for the item's first paragraph
  };
  struct Frame {
    bool has_picture = false;
    bool has_object = false;
  };

  [[nodiscard]] Opened opened_by(std::string_view name, const XmlAttributes& attributes);
  [[nodiscard]] std::optional<Opened> text_part(std::string_view name, const XmlAttributes& attributes);
  [[nodiscard]] std::optional<Opened> list_part(std::string_view name, const XmlAttributes& attributes);
  [[nodiscard]] std::optional<Opened> table_part(std::string_view name, const XmlAttributes& attributes);
  [[nodiscard]] std::optional<Opened> drawing_part(std::string_view name, const XmlAttributes& attributes);
  [[nodiscard]] std::optional<Opened> slide_part(std::string_view name, const XmlAttributes& attributes);
  [[nodiscard]] bool is_left_out(std::string_view name, const XmlAttributes& attributes) const;
  [[nodiscard]] bool is_hidden(std::string_view name, const XmlAttributes& attributes) const;
  void skip(bool counts);
  void form_part(std::string_view name, const XmlAttributes& attributes);

  void start_paragraph(std::string_view name, const XmlAttributes& attributes);
  [[nodiscard]] std::string number_of(std::string_view name, const XmlAttributes& attributes);
  [[nodiscard]] std::string item_label(std::string_view paragraph_style);
  void end_paragraph();
  void write_paragraph(std::string_view text, bool is_item);
  void write_boxes();
  void end_list();
  void end_note();
  void end_comment();
  void end_box();
  void end_row();
  void end_table();
  void end_page();
  void end_field_mark();
  void start_object(const XmlAttributes& attributes);
  void add_object(const OdfObject& object);
  void end_in_formula(std::string_view name);
  void break_page();
  void write_margins();
  void add(std::string_view text);
  void add_apart(std::string text);
  void open_flow(std::string_view separator);
  [[nodiscard]] std::string close_flow();
  [[nodiscard]] bool in_body() const { return flows_.size() == 1; }
  [[nodiscard]] bool in_sheet() const { return kind_ == OfficeKind::kOds; }
  [[nodiscard]] bool in_paragraph() const { return flows_.back().open_paragraphs > 0; }

  std::optional<OfficeKind> kind_;
  OdfStyles& styles_;
  const OdfObjects& objects_;
  PageWriter& writer_;

  bool in_content_ = false;
  int skipped_depth_ = 0;
  bool skip_counts_ = false;  // what is skipped is hidden text
  bool skip_has_text_ = false;
  std::unique_ptr<OdfObject> formula_;  // that stands in the text
  int formula_depth_ = 0;
  std::vector<Opened> opened_;
  std::vector<Flow> flows_;
  std::vector<List> lists_;
  std::vector<OdfTable> tables_;
  std::vector<Frame> frames_;
  ListMemory list_memory_;
  ListNumbers headings_;

  std::vector<std::string> boxes_;    // of the paragraph that is open
  std::vector<std::string> remains_;  // notes of a sheet's row, then what lies over the sheet
  std::vector<std::string> row_notes_;
  std::uint64_t held_bytes_ = 0;  // in these three
  std::vector<std::string> authors_;
  std::string sheet_style_;
  bool follows_block_ = false;  // a list or a table, which ends with a line
  bool breaks_page_ = false;    // after the row
  bool has_notes_ = false;      // of a slide, that have no text so far
  bool wrote_margins_ = false;

  std::map<std::string, std::string, std::less<>> controls_;  // what form controls show, by id
  std::string control_id_;
  std::string mark_type_;  // of a field mark, and its parameters
  std::string mark_value_;
  std::vector<std::string> mark_entries_;
  std::map<std::string, std::string, std::less<>> declarations_;
  std::string declaration_name_;
  std::set<std::string> used_declarations_;
  std::vector<std::string> page_declarations_;

  bool saved_breaks_ = false;
  std::uint64_t pictures_ = 0;
  std::uint64_t unread_objects_ = 0;
  std::uint64_t hidden_sheets_ = 0;
  std::uint64_t hidden_slides_ = 0;
  std::uint64_t hidden_cells_ = 0;
  std::uint64_t hidden_texts_ = 0;
  std::uint64_t deleted_texts_ = 0;
  std::uint64_t shortened_ = 0;
  std::uint64_t uncached_ = 0;
};

}  // namespace minions::formats
