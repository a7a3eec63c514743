#include "formats/word_story.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "formats/text_decoding.h"

namespace minions::formats {
namespace {

constexpr std::string_view kTicked = "\u2612";
constexpr std::string_view kUnticked = "\u2610";
constexpr std::uint32_t kMaxColumns = 64;           // that a cell spans, written as tabs
constexpr std::size_t kMaxBoxes = 16;               // inside one another
constexpr std::size_t kMaxHeldBytes = 1024 * 1024;  // of a field's instruction
constexpr std::size_t kMaxFormulaBytes = 4 * 1024 * 1024;
constexpr std::size_t kMaxScriptBytes = 4096;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::uint32_t columns_of(std::string_view value) {
  return static_cast<std::uint32_t>(std::clamp(number_or(value, 1), 0, static_cast<int>(kMaxColumns)));
}

// A row stays a line.
void append_in_row(std::string& row, std::string_view text) {
  for (const char c : text) row += c == '\n' || c == '\t' || c == '\f' ? ' ' : c;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\n") == std::string_view::npos; }

}  // namespace

WordStory::WordStory(WordContext& context, const WordDrawings& drawings, PageWriter& writer, WordCounts& counts)
    : context_(context), drawings_(drawings), writer_(writer), counts_(counts), frames_(1) {}

// Elements whose content is not text of the document: layout, deleted text, alternatives that repeat the same.
bool WordStory::starts_skipped(std::string_view name) {
  if (name == "del" && properties_ == Properties::kNone) {
    ++counts_.deletions;
    return true;
  }
  if (name == "Choice" && !choices_.empty()) {
    const bool is_other = choices_.back();
    choices_.back() = true;
    return is_other;
  }
  if (name == "Fallback") return !choices_.empty() && choices_.back();
  return name.ends_with("Change") || is_one_of(name, {"tblPr", "tblPrEx", "tblGrid", "sectPr", "moveFrom", "delText",
                                                      "delInstrText", "fldData", "binData", "docPartObj"});
}

bool WordStory::start_properties(std::string_view name) {
  if (name == "pPr") {
    properties_ = Properties::kParagraph;
  } else if (name == "rPr") {
    properties_ = Properties::kRun;
  } else if (name == "tcPr" || name == "trPr") {
    properties_ = Properties::kTable;
  } else if (name == "sdtPr") {
    properties_ = Properties::kControl;
    control_mark_ = {};
  } else if (name == "ffData") {
    properties_ = Properties::kForm;
  } else {
    return false;
  }
  properties_depth_ = 1;
  return true;
}

void WordStory::start(std::string_view name, const XmlAttributes& attributes) {
  if (skipped_depth_ > 0) {
    ++skipped_depth_;
  } else if (in_formula_) {
    formula_.start(name, attributes);
  } else if (name == "AlternateContent") {
    choices_.push_back(false);
  } else if (starts_skipped(name)) {
    skipped_depth_ = 1;
  } else if (properties_ != Properties::kNone) {
    ++properties_depth_;
    take_property(name, attributes);
  } else if (!start_properties(name)) {
    start_block(name, attributes);
  }
}

void WordStory::take_property(std::string_view name, const XmlAttributes& attributes) {
  const std::string_view value = attributes.get("val");
  switch (properties_) {
    case Properties::kParagraph: return take_paragraph_property(name, value);
    case Properties::kRun: return take_run_property(name, attributes);
    case Properties::kTable: return take_table_property(name, value);
    case Properties::kForm: return frame().fields.form_data(name, attributes);
    case Properties::kControl:
      if (name == "checkbox") control_mark_ = kUnticked;
      if (name == "checked" && !control_mark_.empty()) control_mark_ = is_on(value) ? kTicked : kUnticked;
      return;
    case Properties::kNone: return;
  }
}

void WordStory::take_paragraph_property(std::string_view name, std::string_view value) {
  Paragraph& paragraph = frame().paragraph;
  if (name == "pStyle") {
    paragraph.style_id = value;
  } else if (name == "outlineLvl") {
    paragraph.heading = heading_of_outline(value);
  } else if (name == "numId") {
    paragraph.list = number_or(value, 0);
  } else if (name == "ilvl") {
    paragraph.list_level = number_or(value, 0);
  } else if (name == "del") {
    paragraph.mark_deleted = true;  // what follows joins it
  }
}

void WordStory::take_run_property(std::string_view name, const XmlAttributes& attributes) {
  Run& run = frame().run;
  const std::string_view value = attributes.get("val");
  if (name == "rStyle") {
    run.style = context_.styles.character(std::string(value));
  } else if (name == "vanish") {
    run.hidden = is_on(value);
  } else if (name == "vertAlign") {
    run.script = script_named(value);
  } else if (name == "rFonts") {
    const std::string_view font = attributes.get("ascii").empty() ? attributes.get("hAnsi") : attributes.get("ascii");
    if (!font.empty()) run.font = symbol_font(font);
  }
}

void WordStory::take_table_property(std::string_view name, std::string_view value) {
  if (!in_table()) return;
  Table& table = frame().tables.back();
  if (name == "gridSpan") {
    table.span = std::max(columns_of(value), 1U);
  } else if (name == "gridBefore" && frame().tables.size() == 1) {
    frame().row.append(columns_of(value), '\t');
  } else if (name == "del") {
    table.row_deleted = true;
  }
}

void WordStory::end_properties() {
  if (properties_ == Properties::kParagraph) settle_paragraph();
  properties_ = Properties::kNone;
}

void WordStory::start_block(std::string_view name, const XmlAttributes& attributes) {
  if (name == "p") {
    frame().paragraph = {};
    frame().run = {};
    if (in_table()) frame().tables.back().separates = frame().tables.back().cell_has_text;
  } else if (name == "r") {
    frame().run = {};
  } else if (name == "tbl") {
    if (in_table() && frame().tables.back().cell_has_text) write(" ");
    frame().tables.emplace_back();
  } else if (name == "tr") {
    start_row();
  } else if (name == "tc") {
    start_cell();
  } else if (name == "txbxContent") {
    start_box();
  } else if (name == "altChunk" || name == "subDoc") {
    add_drawing(attributes.get("relationships", "id"));
    write_drawings();
  } else if (name == "footnote" || name == "endnote" || name == "comment") {
    start_note(name, attributes);
  } else {
    start_inline(name, attributes);
  }
}

void WordStory::start_inline(std::string_view name, const XmlAttributes& attributes) {
  if (name == "t") {
    in_text_ = true;
  } else if (name == "tab" || name == "ptab") {
    write_run_text("\t");
  } else if (name == "br") {
    attributes.get("type") == "page" ? page_break() : write_run_text("\n");
  } else if (name == "cr") {
    write_run_text("\n");
  } else if (name == "noBreakHyphen") {
    write_run_text("-");
  } else if (name == "sym") {
    write_symbol(attributes.get("font"), attributes.get("char"));
  } else if (name == "lastRenderedPageBreak") {
    flush_script('\0');
    // After an explicit break the layout repeats it.
    if (in_table() || !writer().page_is_blank()) page_break();
    counts_.saved_breaks = true;
  } else if (name == "oMath") {
    in_formula_ = true;
    frame().run = {};
    formula_.start(name, attributes);
  } else if (name == "fldChar") {
    frame().fields.mark(attributes.get("fldCharType"));
  } else if (name == "instrText") {
    in_instruction_ = true;
  } else if (name == "rt") {
    in_reading_ = true;
    reading_.clear();
  } else if (name == "footnoteReference" || name == "endnoteReference") {
    write((name.starts_with('e') ? "[^e" : "[^") + std::string(attributes.get("id")) + "]");
  } else if (name == "chart" || name == "relIds") {
    add_drawing(attributes.get("relationships", name == "chart" ? "id" : "dm"));
  } else if (name == "textpath") {
    place(attributes.get("string"));
  } else if (name == "blip" || name == "imagedata") {
    ++counts_.pictures;
  } else if (name == "OLEObject" || name == "control" || name == "objectEmbed" || name == "contentPart") {
    ++counts_.objects;
  }
}

void WordStory::start_note(std::string_view name, const XmlAttributes& attributes) {
  flush_script('\0');
  after_mark_ = true;
  if (name == "comment") {
    const std::string_view author = attributes.get("author");
    put(author.empty() ? "Comment: " : "Comment by " + std::string(author.substr(0, 200)) + ": ");
    return;
  }
  const std::string_view type = attributes.get("type");  // separators are notes of a type
  if (!type.empty() && type != "normal") return;
  put((name == "endnote" ? "[^e" : "[^") + std::string(attributes.get("id")) + "] ");
}

void WordStory::end(std::string_view name) {
  if (skipped_depth_ > 0) {
    --skipped_depth_;
  } else if (in_formula_) {
    if (!formula_.end(name)) return;
    in_formula_ = false;
    const std::string text = formula_.take();
    if (!text.empty() && joins_words(text.front()) && (script_text_.empty() ? joins_words(last_) : true)) write(" ");
    write_run_text(text);
    after_formula_ = true;
  } else if (name == "AlternateContent") {
    if (!choices_.empty()) choices_.pop_back();
  } else if (properties_ != Properties::kNone) {
    if (--properties_depth_ == 0) end_properties();
  } else if (name == "t") {
    in_text_ = false;
  } else if (name == "instrText") {
    in_instruction_ = false;
  } else if (name == "fldChar") {
    if (const std::string shown = frame().fields.end_mark(); !shown.empty()) write(shown);
  } else if (name == "rt") {
    in_reading_ = false;
  } else if (name == "ruby") {
    if (!is_blank(reading_)) write("(" + reading_ + ")");
    reading_.clear();
  } else if (name == "sdtContent" || name == "sdt") {
    write(std::exchange(control_mark_, {}));
  } else if (name == "p") {
    end_paragraph();
  } else if (name == "tc") {
    end_cell();
  } else if (name == "tr") {
    end_row();
  } else if (name == "tbl") {
    end_table();
  } else if (name == "txbxContent") {
    end_box();
  }
}

void WordStory::text(std::string_view text) {
  if (skipped_depth_ > 0) return;
  if (in_formula_) {
    formula_.text(text);
  } else if (in_instruction_) {
    frame().fields.instruction(text);
  } else if (in_text_) {
    write_run_text(text);
  }
}

Read<void> WordStory::status() const {
  std::uint64_t held = drawn_bytes_;
  for (const Frame& frame : frames_) held += frame.row.size() + frame.drawings.size();
  if (held > writer_.limits().max_text_bytes || formula_.bytes() > kMaxFormulaBytes)
    return stop(ExtractExit::kTooMuchText);
  if (frames_.back().box) {
    if (auto good = frames_.back().box->writer.status(); !good) return good;
  }
  return writer_.status();
}

void WordStory::finish() {
  while (frames_.size() > 1) end_box();
  while (in_table()) end_table();
  flush_script('\0');
  if (const std::string rest = frame().fields.take_unended(); !is_blank(rest)) put(rest);
  write_drawings();
}

void WordStory::settle_paragraph() {
  Paragraph& paragraph = frame().paragraph;
  if (paragraph.is_settled) return;
  paragraph.is_settled = true;
  paragraph.style = context_.styles.paragraph(paragraph.style_id);
  const WordStyle& style = paragraph.style;
  const int heading = paragraph.heading.value_or(style.heading.value_or(0));
  if (heading > 0 && !in_table()) paragraph.label = std::string(static_cast<std::size_t>(heading), '#') + " ";
  const int id = paragraph.list.value_or(style.list.value_or(0));
  if (id <= 0 || paragraph.mark_deleted) return;
  const auto list = context_.numbering.list(id, context_.styles);
  if (!list) return;
  std::size_t level = static_cast<std::size_t>(std::clamp(paragraph.list_level.value_or(style.list_level.value_or(0)),
                                                          0, static_cast<int>(kWordListLevels) - 1));
  if (!paragraph.list && !paragraph.list_level) {
    // The level that is bound to the style; or to the style that names the list.
    for (const std::string* bound : {&style.list_style, &std::as_const(paragraph).style_id}) {
      for (std::size_t at = 0; at < kWordListLevels && !bound->empty(); ++at) {
        if (list->level(at).paragraph_style == *bound) level = at;
      }
    }
  }
  std::string number = counters_.next(*list, id, level);
  if (heading > 0 && !in_table()) number.erase(0, number.find_first_not_of(' '));
  paragraph.label += number;
}

void WordStory::begin_text() {
  settle_paragraph();
  Paragraph& paragraph = frame().paragraph;
  if (paragraph.label.empty()) return;
  const std::string label = std::exchange(paragraph.label, {});
  if (in_table() || writer().at_line_start() || writer().page_is_blank()) put(label);
}

void WordStory::end_paragraph() {
  settle_paragraph();
  flush_script('\0');
  after_mark_ = false;
  Paragraph& paragraph = frame().paragraph;
  // A number without a text, as in a column of them; bullets and headings without one show nothing.
  const std::string_view label = paragraph.label;
  if (label.find_first_not_of("#- ") != std::string_view::npos) {
    paragraph.label.resize(label.find_last_not_of(' ') + 1);
    begin_text();
  }
  paragraph.label.clear();
  if (frame().fields.hides_text() && frame().fields.held_bytes() > 0) frame().fields.hold("\n");
  if (!in_table() && !paragraph.mark_deleted) {
    writer().end_paragraph();
    last_ = '\0';
  }
  write_drawings();
}

// In a table it waits for the end of the row, unless it stands before the row's text.
void WordStory::page_break() {
  flush_script('\0');
  if (!in_table()) {
    writer().end_page();
    last_ = '\0';
    return;
  }
  Table& table = frame().tables.front();
  if (is_blank(frame().row)) {
    if (!writer().page_is_blank()) writer().end_page();
    table.row_begins_page = true;
  } else if (!table.row_begins_page || table.cell_has_text) {
    ++table.cell_breaks;
  }
}

void WordStory::start_row() {
  if (!in_table()) frame().tables.emplace_back();  // a row outside a table, in damaged files
  Table& table = frame().tables.back();
  table.cells = 0;
  if (frame().tables.size() == 1) {
    frame().row.clear();
    table.row_breaks = 0;
    table.row_begins_page = table.row_deleted = false;
  } else if (table.rows++ > 0) {
    write("; ");
  }
}

void WordStory::start_cell() {
  flush_script('\0');
  if (!in_table()) frame().tables.emplace_back();
  Table& table = frame().tables.back();
  if (table.cells++ > 0) {
    if (frame().tables.size() == 1) {
      frame().row += '\t';
    } else {
      put(" | ");
    }
  }
  table.span = 1;
  table.cell_breaks = 0;
  table.cell_has_text = table.separates = false;
  last_ = '\0';
}

void WordStory::end_cell() {
  flush_script('\0');
  if (!in_table()) return;
  Table& table = frame().tables.back();
  if (frame().tables.size() == 1) frame().row.append(table.span - 1, '\t');
  table.row_breaks = std::max(table.row_breaks, table.cell_breaks);
  table.cell_has_text = false;
  last_ = '\0';
}

void WordStory::end_row() {
  flush_script('\0');
  if (frame().tables.size() != 1) return;
  if (!frame().tables.front().row_deleted || !is_blank(frame().row)) {
    writer().text(frame().row);
    writer().text("\n");
  }
  frame().row.clear();
  for (std::uint32_t i = 0; i < frame().tables.front().row_breaks; ++i) writer().end_page();
}

void WordStory::end_table() {
  flush_script('\0');
  if (!in_table()) return;
  if (frame().tables.size() == 1 && !frame().row.empty()) end_row();  // cells outside a row, in damaged files
  frame().tables.pop_back();
  if (in_table()) {
    frame().tables.back().cell_has_text = true;
  } else {
    writer().end_paragraph();
  }
}

void WordStory::start_box() {
  if (frames_.size() > kMaxBoxes) {
    ++boxes_beyond_;
    return;
  }
  flush_script('\0');
  begin_text();
  Frame inner;
  inner.box = std::make_unique<HeldText>(writer());
  frames_.push_back(std::move(inner));
  last_ = '\0';
}

void WordStory::end_box() {
  if (boxes_beyond_ > 0) {
    --boxes_beyond_;
    return;
  }
  if (frames_.size() < 2) return;
  flush_script('\0');
  const std::string rest = frame().fields.take_unended();
  if (!is_blank(rest)) put(rest);
  while (in_table()) end_table();
  write_drawings();
  const std::string text = frame().box->take();
  frames_.pop_back();
  last_ = ' ';
  place(text);
}

void WordStory::add_drawing(std::string_view id) {
  const auto text = drawings_.find(id);
  if (text == drawings_.end()) {
    ++counts_.objects;
    return;
  }
  drawn_bytes_ += text->second.size();
  place(text->second);
}

void WordStory::place(std::string_view drawing) {
  if (is_blank(drawing)) return;
  std::string& drawings = frame().drawings;
  if (!drawings.empty()) drawings += "\n\n";
  drawings += drawing;
}

void WordStory::write_drawings() {
  const std::string drawings = std::exchange(frame().drawings, {});
  if (drawings.empty()) return;
  if (in_table()) {
    if (frame().tables.back().cell_has_text) put(" ");
    put(drawings);
    return;
  }
  writer().end_paragraph();
  put(drawings);
  writer().end_paragraph();
  last_ = '\0';
}

bool WordStory::is_hidden() {
  Run& run = frame().run;
  settle_paragraph();
  const bool by_style = run.style.hidden.value_or(frame().paragraph.style.hidden.value_or(false));
  if (!run.hidden.value_or(by_style)) return false;
  if (!run.is_counted) ++counts_.hidden;
  run.is_counted = true;
  return true;
}

SymbolFont WordStory::font() {
  const Frame& at = frame();
  return at.run.font.value_or(at.run.style.font.value_or(at.paragraph.style.font.value_or(SymbolFont::kNone)));
}

void WordStory::write_run_text(std::string_view text) {
  if (text.empty() || is_hidden()) return;
  if (!may_have_symbols(text, font())) return write_shown(text);
  write_shown(symbol_text(text, font()).text);
}

void WordStory::write_symbol(std::string_view font, std::string_view code) {
  if (is_hidden()) return;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), value, 16);
  const bool is_character = error == std::errc() && value >= 0x20 && value <= 0xFFFD && (value & 0xF800) != 0xD800;
  std::string character;
  append_utf8(character, is_character ? static_cast<char32_t>(value) : U'\uFFFD');
  write_shown(symbol_text(character, symbol_font(font)).text);
}

void WordStory::write_shown(std::string_view text) {
  Frame& at = frame();
  if (in_reading_) {
    reading_ += text;
    return;
  }
  if (at.fields.hides_text()) {
    at.fields.hold(text);
    if (at.fields.held_bytes() < kMaxHeldBytes) return;
    return write(at.fields.take_unended());
  }
  if (!control_mark_.empty()) {
    write(std::exchange(control_mark_, {}));
    std::size_t size = 1;
    while (size < text.size() && (text[size] & 0xC0) == 0x80) ++size;
    if (size == 1 && joins_words(text[0])) return write(" " + std::string(text));  // not the mark itself
    text.remove_prefix(size);
  }
  const Script script =
      at.run.script.value_or(at.run.style.script.value_or(at.paragraph.style.script.value_or(Script::kNone)));
  if (script == Script::kNone || text.empty()) return write(text);
  if (script != script_ || script_text_.size() + text.size() > kMaxScriptBytes) flush_script(text.front());
  begin_text();
  script_ = script;
  script_text_ += text;
}

void WordStory::write(std::string_view text) {
  if (text.empty()) return;
  if (after_mark_) text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.empty()) return;
  after_mark_ = false;
  flush_script(text.front());
  begin_text();
  if (after_formula_ && joins_words(text.front()) && joins_words(last_)) put(" ");
  after_formula_ = false;
  put(text);
}

void WordStory::flush_script(char after) {
  if (script_text_.empty()) return;
  const std::string marked = with_script_mark(std::exchange(script_text_, {}), script_, last_, after);
  script_ = Script::kNone;
  put(marked);
}

void WordStory::put(std::string_view text) {
  if (text.empty()) return;
  if (in_table()) {
    Table& table = frame().tables.back();
    if (std::exchange(table.separates, false)) frame().row += ' ';
    append_in_row(frame().row, text);
    table.cell_has_text = true;
  } else {
    writer().text(text);
  }
  last_ = text.back();
}

}  // namespace minions::formats
