// One story of a WordprocessingML document (ECMA-376 part 1, section 17): its body, a header, its footnotes or
// comments. Writes what a reader would see with all changes accepted: numbers of lists, results of fields, real
// characters for those of symbol fonts.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "formats/formula.h"
#include "formats/held_text.h"
#include "formats/word_fields.h"
#include "formats/word_numbering.h"
#include "formats/word_styles.h"

namespace minions::formats {

// What other parts say about all stories.
struct WordContext {
  WordStyles styles;
  WordNumbering numbering;
};
// Text of the charts, diagrams and chunks that a part names, by relationship id.
using WordDrawings = std::map<std::string, std::string, std::less<>>;

struct WordCounts {
  std::uint64_t pictures = 0;
  std::uint64_t deletions = 0;
  std::uint64_t hidden = 0;
  std::uint64_t objects = 0;
  bool saved_breaks = false;
};

class WordStory final : public XmlHandler {
 public:
  WordStory(WordContext& context, const WordDrawings& drawings, PageWriter& writer, WordCounts& counts);

  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;
  // What is still held at the end of the part.
  void finish();

 private:
  struct Paragraph {
    WordStyle style;
    std::string style_id;
    std::optional<int> heading;
    std::optional<int> list;
    std::optional<int> list_level;
    bool is_settled = false;  // its number is known
    bool mark_deleted = false;
    std::string label;  // what is still to be written before its text
  };
  struct Run {
    std::optional<bool> hidden;
    std::optional<Script> script;
    std::optional<SymbolFont> font;
    WordStyle style;
    bool is_counted = false;  // as hidden
  };
  struct Table {
    std::uint32_t cells = 0;        // of the row, before this one
    std::uint32_t rows = 0;         // of a nested table
    std::uint32_t span = 1;         // columns of this cell
    std::uint32_t cell_breaks = 0;  // page breaks in this cell
    std::uint32_t row_breaks = 0;   // and the most in one cell of the row
    bool row_deleted = false;
    bool row_begins_page = false;
    bool cell_has_text = false;
    bool separates = false;  // what comes next, from the paragraph before
  };
  // What a text box interrupts.
  struct Frame {
    std::unique_ptr<HeldText> box;  // none: the story itself
    Paragraph paragraph;
    Run run;
    std::vector<Table> tables;
    WordFields fields;
    std::string row;       // the outermost table's, until it ends
    std::string drawings;  // written after the paragraph or in the cell that holds them
  };
  enum class Properties { kNone, kParagraph, kRun, kTable, kControl, kForm };

  [[nodiscard]] PageWriter& writer() { return frames_.back().box ? frames_.back().box->writer : writer_; }
  [[nodiscard]] Frame& frame() { return frames_.back(); }
  [[nodiscard]] bool in_table() const { return !frames_.back().tables.empty(); }

  [[nodiscard]] bool starts_skipped(std::string_view name);
  [[nodiscard]] bool start_properties(std::string_view name);
  void take_property(std::string_view name, const XmlAttributes& attributes);
  void take_paragraph_property(std::string_view name, std::string_view value);
  void take_run_property(std::string_view name, const XmlAttributes& attributes);
  void take_table_property(std::string_view name, std::string_view value);
  void end_properties();
  void start_block(std::string_view name, const XmlAttributes& attributes);
  void start_inline(std::string_view name, const XmlAttributes& attributes);
  void start_note(std::string_view name, const XmlAttributes& attributes);

  void settle_paragraph();
  void begin_text();  // what stands before a paragraph's text
  void end_paragraph();
  void page_break();
  void start_cell();
  void end_cell();
  void start_row();
  void end_row();
  void end_table();
  void start_box();
  void end_box();
  void place(std::string_view drawing);
  void add_drawing(std::string_view id);
  void write_drawings();

  void write_run_text(std::string_view text);
  void write_shown(std::string_view text);  // real characters, in the run's script
  [[nodiscard]] SymbolFont font();
  void write_symbol(std::string_view font, std::string_view code);
  void write(std::string_view text);  // to where the text goes, after a script that is held
  void flush_script(char after);
  void put(std::string_view text);
  [[nodiscard]] bool is_hidden();

  WordContext& context_;
  const WordDrawings& drawings_;
  PageWriter& writer_;
  WordCounts& counts_;
  ListCounters counters_;
  std::vector<Frame> frames_;
  Formula formula_;
  std::vector<bool> choices_;  // of mc:AlternateContent: whether one is taken
  std::string script_text_;    // held until what follows is known
  std::string reading_;        // of the characters that follow, in East Asian text
  Script script_ = Script::kNone;
  char last_ = '\0';  // byte written
  std::uint64_t drawn_bytes_ = 0;
  int skipped_depth_ = 0;
  int properties_depth_ = 0;
  int boxes_beyond_ = 0;  // nested too deep to be apart
  Properties properties_ = Properties::kNone;
  bool in_text_ = false;
  bool in_instruction_ = false;
  bool in_reading_ = false;
  bool in_formula_ = false;
  bool after_formula_ = false;
  bool after_mark_ = false;        // of a note, whose text often begins with a space of its own
  std::string_view control_mark_;  // of a check box that is a content control, instead of the character in it
};

}  // namespace minions::formats
