// How the parts of an OpenDocument's body become lines: what opens them is in odf_content.cpp.
#include <algorithm>
#include <charconv>
#include <utility>

#include "formats/odf_content.h"

namespace minions::formats {
namespace {

unsigned number_or(std::string_view text, unsigned otherwise) {
  std::from_chars(text.data(), text.data() + text.size(), otherwise);
  return otherwise;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\n") == std::string_view::npos; }

}  // namespace

void OdfContent::start_paragraph(std::string_view name, const XmlAttributes& attributes) {
  Flow& flow = flows_.back();
  if (++flow.open_paragraphs > 1) return add(" ");
  flow.is_hidden = false;
  flow.is_item = lists_.size() > flow.lists && name == "p";
  flow.prefix = number_of(name, attributes);
}

std::string OdfContent::number_of(std::string_view name, const XmlAttributes& attributes) {
  const Flow& flow = flows_.back();
  const std::string_view style = attributes.get("style-name");
  std::string prefix;
  std::string label;
  if (lists_.size() > flow.lists) {
    label = item_label(style);
    const std::size_t depth = lists_.size() - flow.lists - 1;
    if (in_body() && name == "p") prefix = std::string(2 * std::min(depth, kListLevels), ' ');
    if (in_body() && name == "p" && label.empty()) prefix += "  ";
  }
  if (name == "h") {
    const std::size_t level = std::clamp<std::size_t>(number_or(attributes.get("outline-level"), 1), 1, kListLevels);
    if (in_body()) prefix = std::string(std::min<std::size_t>(level, 6), '#') + " ";
    const bool is_numbered = attributes.get("is-list-header") != "true" && lists_.size() == flow.lists &&
                             styles_.list_of(style).value_or("outline") != "";
    const unsigned start = attributes.get("restart-numbering") == "true"
                               ? number_or(attributes.get("start-value"), styles_.outline()[level - 1].start)
                               : 0;
    if (is_numbered) label = headings_.next(styles_.outline(), level - 1, start);
  }
  return label.empty() ? prefix : prefix + label + " ";
}

// Of the item's first paragraph.
std::string OdfContent::item_label(std::string_view paragraph_style) {
  const std::size_t outermost = flows_.back().lists;
  List& list = lists_.back();
  if (!std::exchange(list.waits, false)) return {};
  if (list.style.empty()) list.style = styles_.list_of(paragraph_style).value_or("");
  const ListStyle* style = styles_.list_style(list.style);
  if (style == nullptr) return "-";
  const std::size_t level = std::min(lists_.size() - outermost, kListLevels) - 1;
  return lists_[outermost].numbers.next(*style, level, std::exchange(list.start, 0));
}

void OdfContent::end_paragraph() {
  Flow& flow = flows_.back();
  if (--flow.open_paragraphs > 0) return;
  std::string paragraph = std::exchange(flow.paragraph, {});
  const std::string prefix = std::exchange(flow.prefix, {});
  flow.mark = 0;
  if (flow.is_hidden) {
    if (!is_blank(paragraph)) ++hidden_texts_;
  } else if (in_body()) {
    write_paragraph(is_blank(paragraph) && prefix.starts_with(' ') ? "" : prefix + paragraph, flow.is_item);
  } else if (!is_blank(paragraph)) {
    if (!flow.text.empty()) flow.text += flow.separator;
    flow.text += prefix + paragraph;
  }
  if (in_body()) write_boxes();
}

void OdfContent::write_paragraph(std::string_view text, bool is_item) {
  if (has_notes_ && !is_blank(text)) {
    writer_.end_paragraph();
    writer_.text("Notes: ");
    has_notes_ = false;
  }
  if (follows_block_ && !is_item) writer_.end_paragraph();
  if (is_item && !follows_block_ && !writer_.at_line_start()) writer_.end_paragraph();
  follows_block_ = is_item;
  if (!is_blank(text)) writer_.text(text);
  if (is_item) {
    writer_.end_line();
  } else {
    writer_.end_paragraph();
  }
}

void OdfContent::write_boxes() {
  if (boxes_.empty()) return;
  for (std::string_view box : std::exchange(boxes_, {})) {
    while (!box.empty()) {
      const std::size_t end = std::min(box.find('\n'), box.size());
      write_paragraph(box.substr(0, end), false);
      box.remove_prefix(std::min(end + 1, box.size()));
    }
  }
  held_bytes_ = 0;
}

// A text that stands for itself, though it is placed in or over another.
void OdfContent::add_apart(std::string text) {
  if (is_blank(text)) return;
  held_bytes_ += text.size();
  if (in_sheet()) {
    remains_.push_back(on_one_line(text));
  } else if (!in_body()) {
    Flow& flow = flows_.back();
    std::string& to = flow.open_paragraphs > 0 ? flow.paragraph : flow.text;
    if (!to.empty()) to += ' ';
    to += on_one_line(text);
  } else {
    boxes_.push_back(std::move(text));
    if (!in_paragraph()) write_boxes();
  }
}

void OdfContent::end_list() {
  List list = std::move(lists_.back());
  lists_.pop_back();
  if (lists_.size() == flows_.back().lists) list_memory_.keep(list.style, list.id, list.numbers);
}

void OdfContent::end_note() {
  const std::string text = close_flow();
  add(" (" + on_one_line(text) + ")");
}

void OdfContent::end_comment() {
  const std::string text = on_one_line(close_flow());
  std::string author = on_one_line(authors_.back());
  authors_.pop_back();
  if (!author.empty()) author.insert(0, " by ");
  if (in_sheet() && !tables_.empty()) {
    row_notes_.push_back("Note on " + reference_of(tables_.back().place()) + author + ": " + text);
    held_bytes_ += row_notes_.back().size();
  } else if (in_paragraph()) {
    add(" [Comment" + author + ": " + text + "]");
  } else {
    add_apart("Comment" + author + ": " + text);
  }
}

void OdfContent::end_box() {
  std::string text = close_flow();
  if (is_blank(text)) return;
  if (in_sheet()) text.insert(0, "Text box: ");
  add_apart(std::move(text));
}

void OdfContent::end_row() {
  OdfTable& table = tables_.back();
  const OdfTable::Row row = table.end_row();
  if (!table.is_inner()) {
    for (std::uint32_t i = 0; i < row.repeats && !row.line.empty() && writer_.status(); ++i)
      writer_.text(row.line + "\n");
  } else if (!row.line.empty()) {
    std::string& text = flows_.back().text;
    for (std::uint32_t i = 0; i < row.repeats; ++i) text += (text.empty() ? "" : " / ") + row.line;
  }
  for (const std::string& note : std::exchange(row_notes_, {})) writer_.text(note + "\n");
  if (std::exchange(breaks_page_, false)) writer_.end_page();
}

void OdfContent::end_table() {
  const OdfTable table = std::move(tables_.back());
  tables_.pop_back();
  hidden_cells_ += table.hidden();
  hidden_texts_ += table.covered();
  shortened_ += table.shortened();
  uncached_ += table.uncached();
  follows_block_ = true;
  if (!in_sheet() || !tables_.empty()) return;
  for (const std::string& line : std::exchange(remains_, {})) writer_.text(line + "\n");
  held_bytes_ = 0;
  write_margins();
  writer_.end_page();
  follows_block_ = false;
}

void OdfContent::end_page() {
  for (const std::string& line : page_declarations_) {
    if (used_declarations_.insert(line).second) write_paragraph(line, false);
  }
  write_margins();
  writer_.end_page();
  follows_block_ = false;
}

void OdfContent::write_margins() {
  if (std::exchange(wrote_margins_, true) || styles_.margins().empty()) return;
  if (!in_sheet()) writer_.end_paragraph();
  for (const std::string& line : styles_.margins()) {
    if (line.starts_with("On each slide") && kind_ != OfficeKind::kOdp) continue;
    writer_.text(line + "\n");
  }
}

void OdfContent::end_field_mark() {
  if (mark_type_.ends_with("FORMCHECKBOX")) {
    add(mark_value_ == "true" || mark_value_ == "1" ? "[x]" : "[ ]");
  } else if (mark_type_.ends_with("FORMDROPDOWN")) {
    const unsigned chosen = number_or(mark_value_, 0);
    if (chosen < mark_entries_.size()) add(mark_entries_[chosen]);
  }
  mark_type_.clear();
}

// The page of a sheet is the sheet.
void OdfContent::break_page() {
  if (in_sheet()) return;
  saved_breaks_ = true;
  if (!tables_.empty()) {
    breaks_page_ = true;
    return;
  }
  Flow& flow = flows_.back();
  if (!in_body()) return;
  if (in_paragraph() && !is_blank(flow.paragraph)) {
    writer_.text(std::exchange(flow.prefix, {}) + std::exchange(flow.paragraph, {}));
  }
  if (!writer_.page_is_blank()) writer_.end_page();
}

}  // namespace minions::formats
