#include "formats/xlsx_sheet.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace minions::formats {
namespace {

constexpr std::uint32_t kMaxGap = 64;  // of empty cells that are written as tabs
constexpr std::uint32_t kMaxColumns = 16'384;
constexpr std::size_t kMaxMargins = 6;  // of odd, even and first pages
constexpr std::size_t kMaxMarginBytes = 64 * 1024;

bool is_margin(std::string_view name) {
  return name.ends_with("Header") || name.ends_with("Footer");  // oddHeader, firstFooter
}

// A day with a time as ISO 8601 writes it.
std::string iso_moment(std::string_view value) {
  std::string shown(value.substr(0, value.find('Z')));
  const std::size_t time = shown.find('T');
  if (time == std::string::npos) return shown;
  if (shown.find_first_not_of("0:.", time + 1) == std::string::npos) return shown.substr(0, time);
  shown[time] = ' ';
  return shown;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

SheetHandler::SheetHandler(const Workbook& workbook, const std::vector<CellNote>& notes, PageWriter& writer)
    : workbook_(workbook), notes_(notes), writer_(writer) {}

void SheetHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (in_cell_ && name == "v") {
    in_value_ = has_value_ = true;
  } else if (in_cell_ && name == "f") {
    has_formula_ = true;
  } else if (in_cell_) {
    rich_.start(name, attributes);
  } else if (name == "row") {
    start_row(attributes);
  } else if (name == "c") {
    start_cell(attributes);
  } else if (name == "col" && is_true(attributes.get("hidden"))) {
    hide_columns(attributes);
  } else if (is_margin(name)) {
    in_margin_ = true;
    margin_.clear();
  }
}

void SheetHandler::end(std::string_view name) {
  if (name == "c") {
    end_cell();
  } else if (name == "v") {
    in_value_ = false;
  } else if (in_cell_) {
    rich_.end(name);
  } else if (name == "row") {
    end_row();
  } else if (in_margin_ && is_margin(name)) {
    in_margin_ = false;
    const std::string_view kind = name.ends_with("Header") ? "Header: " : "Footer: ";
    if (margins_.size() < kMaxMargins) margins_.push_back(std::string(kind) + unescaped(margin_));
  }
}

void SheetHandler::text(std::string_view text) {
  if (in_value_) {
    value_ += text;
  } else if (in_cell_) {
    rich_.text(text);
  } else if (in_margin_ && margin_.size() < kMaxMarginBytes) {
    margin_ += text;
  }
}

Read<void> SheetHandler::status() const {
  if (value_.size() + rich_.size() > kMaxSharedBytes) return stop(ExtractExit::kTooMuchText);
  return writer_.status();
}

void SheetHandler::start_row(const XmlAttributes& attributes) {
  const unsigned number = number_in(attributes.get("r"));
  if (number > 0) {
    place_.row = number - 1;
  } else if (!starts_) {
    ++place_.row;
  }
  starts_ = false;
  place_.column = 0;
  column_.reset();
  row_is_hidden_ = is_true(attributes.get("hidden"));
}

void SheetHandler::start_cell(const XmlAttributes& attributes) {
  if (const std::string_view reference = attributes.get("r"); !reference.empty())
    place_.column = place_of(reference).column;
  type_ = attributes.get("t");
  style_ = attributes.get("s");
  value_.clear();
  in_cell_ = true;
  has_value_ = has_formula_ = false;
}

void SheetHandler::end_cell() {
  std::string inline_text = rich_.take();
  if (has_formula_ && value_.empty() && !(type_ == "str" && has_value_)) ++uncached_formulas_;
  if (type_ == "inlineStr" || (value_.empty() && !inline_text.empty())) {
    write_value(shown_or(workbook_.styles.of(style_).text(inline_text), inline_text));
  } else if (!value_.empty()) {
    write_value(shown_value());
  }
  ++place_.column;  // if the next one names no column
  in_cell_ = false;
}

std::string SheetHandler::shown_or(std::optional<std::string> shown, std::string_view otherwise) {
  if (shown) return *std::move(shown);
  ++hidden_cells_;
  return std::string(otherwise);
}

std::string SheetHandler::shown_value() {
  const NumberFormat& format = workbook_.styles.of(style_);
  if (type_ == "b") return trimmed(value_) == "1" || trimmed(value_) == "true" ? "TRUE" : "FALSE";
  if (type_ == "e") return value_;
  if (type_ == "d") return iso_moment(value_);
  if (type_ == "s" || type_ == "str") {
    const std::string text = type_ == "s" ? std::string(workbook_.strings.at(trimmed(value_))) : unescaped(value_);
    return text.empty() ? text : shown_or(format.text(text), text);
  }
  const std::string_view number = trimmed(value_);
  auto shown = format.number(number, workbook_.sheets.epoch());
  if (!shown && number == "0") return {};  // many formats hide zeros only
  return shown_or(std::move(shown), general_number(number));
}

void SheetHandler::write_value(std::string_view text) {
  const std::uint32_t begin = column_.value_or(0);
  std::uint32_t gap = place_.column > begin ? place_.column - begin : 0;
  if (column_ && gap == 0) gap = 1;  // columns out of order
  writer_.text(std::string(std::min(gap, kMaxGap), '\t'));
  column_ = std::max(place_.column, begin);
  writer_.text(on_one_line(text));
  if (place_.column < columns_hidden_.size() && columns_hidden_[place_.column]) hidden_columns_.insert(place_.column);
}

void SheetHandler::end_row() {
  if (row_is_hidden_ && column_) ++hidden_rows_;
  writer_.end_line();
  write_notes(place_.row);
}

void SheetHandler::hide_columns(const XmlAttributes& attributes) {
  if (++column_ranges_ > kMaxColumns) return;
  const std::uint32_t last = std::min(number_in(attributes.get("max")), kMaxColumns);
  columns_hidden_.resize(std::max<std::size_t>(columns_hidden_.size(), last));
  for (std::uint32_t column = std::max(1U, number_in(attributes.get("min"))); column <= last; ++column)
    columns_hidden_[column - 1] = true;
}

void SheetHandler::write_notes(std::uint32_t last_row) {
  for (; next_note_ < notes_.size() && notes_[next_note_].place.row <= last_row; ++next_note_) {
    const CellNote& note = notes_[next_note_];
    writer_.text("Note on " + reference_of(note.place) + (note.author.empty() ? "" : " by ") +
                 on_one_line(note.author) + ": " + on_one_line(note.text) + "\n");
  }
}

void SheetHandler::finish(std::string_view sheet_name) {
  write_notes(UINT32_MAX);
  std::set<std::string> written;
  for (const std::string& margin : margins_) {
    const std::size_t label = margin.find(' ') + 1;
    const std::string text = margin_text(std::string_view(margin).substr(label), sheet_name);
    if (text.empty() || !written.insert(margin.substr(0, label) + text).second) continue;
    writer_.text(margin.substr(0, label) + text + "\n");
  }
}

std::string margin_text(std::string_view code, std::string_view sheet_name) {
  std::string text;
  bool has_words = false;  // or only numbers of pages
  const auto is_digit = [&](std::size_t at) { return at < code.size() && code[at] >= '0' && code[at] <= '9'; };
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] != '&' || i + 1 == code.size()) {
      text += code[i];
      has_words = has_words || code[i] != ' ';
      continue;
    }
    const char field = code[++i];
    if (field == '"') {
      i = std::min(code.find('"', i + 1), code.size());
    } else if (field == 'L' || field == 'C' || field == 'R') {
      text += ' ';
    } else if (field == 'P' || field == 'N') {
      text += '#';
    } else if (field == 'A') {
      text += sheet_name;
    } else if (field == '&') {
      text += '&';
    } else if (field == 'K') {
      for (int digits = 0; digits < 6 && i + 1 < code.size() && std::isxdigit(static_cast<unsigned char>(code[i + 1]));
           ++digits)
        ++i;
    } else if (is_digit(i)) {  // a size
      while (is_digit(i + 1)) ++i;
    }
  }
  return has_words ? std::string(trimmed(on_one_line(text))) : std::string();
}

}  // namespace minions::formats
