#include "formats/html_flow.h"

#include <algorithm>

namespace minions::formats {
namespace {

constexpr std::size_t kMostIndent = 40;
constexpr std::string_view kSoftHyphen = "\xC2\xAD";
constexpr std::string_view kZeroWidthSpace = "\xE2\x80\x8B";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// The bytes of words with one blank between them.
std::size_t words_at_front(std::string_view text) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (!is_space(text[at])) continue;
    if (text[at] != ' ' || at + 1 == text.size() || is_space(text[at + 1])) break;
  }
  return at;
}

// Characters that only say where a word may be broken.
bool has_invisible(std::string_view word) {
  for (const std::string_view mark : {kSoftHyphen, kZeroWidthSpace, kByteOrderMark}) {
    if (word.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

std::string without_invisible(std::string_view word) {
  std::string rest;
  while (!word.empty()) {
    bool found = false;
    for (const std::string_view mark : {kSoftHyphen, kZeroWidthSpace, kByteOrderMark}) {
      if (!word.starts_with(mark)) continue;
      word.remove_prefix(mark.size());
      found = true;
      break;
    }
    if (found) continue;
    rest += word.front();
    word.remove_prefix(1);
  }
  return rest;
}

}  // namespace

char HtmlFlow::last() const {
  return pending_space_ || pending_break_ || writer_.at_line_start() || (in_row_ && !in_cell_) ? '\0' : last_;
}

// What stands between the words before and the next one.
void HtmlFlow::lead_in() {
  if (in_row_ && (!in_cell_ || pending_break_)) {
    if (writer_.at_line_start() && indent_ > 0) writer_.text(std::string(std::min(indent_, kMostIndent), ' '));
    if (in_cell_) {
      writer_.text(" / ");
    } else if (columns_ > column_) {
      writer_.text(std::string(columns_ - column_, '\t'));
      column_ = columns_;
    }
    if (!item_mark_.empty()) writer_.text(item_mark_);
  } else if (writer_.at_line_start()) {
    const std::size_t blanks = std::min(item_mark_.empty() ? indent_ : mark_indent_, kMostIndent);
    if (blanks > 0) writer_.text(std::string(blanks, ' '));
    if (!item_mark_.empty()) writer_.text(item_mark_);
  } else if (pending_space_) {
    writer_.text(" ");
  }
  item_mark_.clear();
  in_cell_ = in_row_;
  pending_space_ = pending_break_ = false;
  if (opening_.empty()) return;
  writer_.text(opening_);
  opening_.clear();
}

void HtmlFlow::put(std::string_view word) {
  if (has_invisible(word)) {
    const std::string rest = without_invisible(word);
    if (!rest.empty()) put(rest);
    return;
  }
  if (pending_space_ || in_row_ || writer_.at_line_start() || !opening_.empty()) lead_in();
  writer_.text(word);
  last_ = word.back();
}

void HtmlFlow::words(std::string_view text) {
  while (!text.empty()) {
    std::size_t spaces = 0;
    while (spaces < text.size() && is_space(text[spaces])) ++spaces;
    if (spaces > 0) pending_space_ = true;
    text.remove_prefix(spaces);
    const std::size_t length = words_at_front(text);
    if (length == 0) return;
    put(text.substr(0, length));
    text.remove_prefix(length);
  }
}

void HtmlFlow::kept(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (in_row_ && line.find_first_not_of(" \t") == std::string_view::npos) line = {};
    if (!line.empty()) put(line);
    if (end == text.size()) return;
    line_break();
    text.remove_prefix(end + 1);
  }
}

void HtmlFlow::kept_lines(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    words(text.substr(0, end));
    if (end == text.size()) return;
    line_break();
    text.remove_prefix(end + 1);
  }
}

void HtmlFlow::piece(std::string_view text) {
  if (!text.empty()) put(text);
}

void HtmlFlow::line_break() {
  pending_space_ = false;
  if (in_row_) {
    pending_break_ = in_cell_;
  } else if (item_mark_.empty() && !writer_.page_is_blank()) {
    writer_.text("\n");
  }
}

void HtmlFlow::end_line() {
  pending_space_ = false;
  if (in_row_) {
    pending_break_ = in_cell_;
  } else {
    writer_.end_line();
  }
}

void HtmlFlow::end_paragraph() {
  if (in_row_ || !item_mark_.empty()) {
    end_line();
    return;
  }
  pending_space_ = false;
  writer_.end_paragraph();
}

void HtmlFlow::open(std::string_view mark) { opening_ += mark; }

void HtmlFlow::close(std::string_view mark, std::string_view end) {
  if (opening_.ends_with(mark)) {
    opening_.resize(opening_.size() - mark.size());
  } else if (!end.empty()) {
    writer_.text(end);
    last_ = end.back();
  }
}

void HtmlFlow::begin_item(std::string_view mark, std::size_t indent) {
  if (item_mark_.empty()) {
    end_line();
    mark_indent_ = indent;
  }
  item_mark_ += mark;
}

void HtmlFlow::end_item() {
  item_mark_.clear();
  end_line();
}

void HtmlFlow::begin_row() {
  end_line();
  in_row_ = true;
  in_cell_ = false;
  column_ = columns_ = 0;
}

void HtmlFlow::cell(std::size_t column) {
  columns_ = column;
  in_cell_ = pending_break_ = pending_space_ = false;
}

void HtmlFlow::end_row() {
  in_row_ = in_cell_ = pending_break_ = false;
  end_line();
}

}  // namespace minions::formats
