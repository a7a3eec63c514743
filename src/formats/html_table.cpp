#include "formats/html_table.h"

#include <algorithm>
#include <charconv>

namespace minions::formats {
namespace {

constexpr std::size_t kMaxColumns = 512;
constexpr std::uint16_t kMaxRows = 65534;
// More than this in several blocks is text beside text, not a cell of a table.
constexpr std::size_t kLongCell = 400;
constexpr unsigned kManyBlocks = 3;
// More than this in a cell with a table makes that table one of its own.
constexpr std::size_t kLongTable = 150;
constexpr unsigned kManyElements = 100;

bool is_cell(const GumboNode& node) {
  return is_element(node) && (node.v.element.tag == GUMBO_TAG_TD || node.v.element.tag == GUMBO_TAG_TH);
}

// At least `least`, at most `most`; without a number 1.
std::size_t span(const GumboNode& cell, const char* name, std::size_t least, std::size_t most) {
  const std::string_view text = attribute_or_empty(cell, name);
  std::size_t number = 1;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) number = 1;
  return std::clamp(number, least, most);
}

bool is_block(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_BR:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_BLOCKQUOTE: return true;
    default: return false;
  }
}

// Looked at in document order, up to what decides.
bool is_short(const GumboNode& cell) {
  std::size_t bytes = 0;
  unsigned blocks = 0;
  unsigned elements = 0;
  bool has_table = false;
  std::vector<std::pair<const GumboNode*, unsigned>> open = {{&cell, 0}};
  while (!open.empty()) {
    auto& [node, next] = open.back();
    if (next == children(*node)) {
      open.pop_back();
      continue;
    }
    const GumboNode& inner = child(*node, next++);
    if (is_text(inner)) {
      if (inner.type != GUMBO_NODE_WHITESPACE) bytes += text_of(inner).size();
    } else if (is_element(inner)) {
      const GumboTag tag = inner.v.element.tag;
      if (tag == GUMBO_TAG_TABLE) has_table = true;
      ++elements;
      if (is_block(tag)) ++blocks;
      if (tag != GUMBO_TAG_STYLE && tag != GUMBO_TAG_SCRIPT) open.emplace_back(&inner, 0);
    }
    if (bytes > kLongCell && blocks >= kManyBlocks) return false;
    if (has_table && (bytes > kLongTable || elements > kManyElements)) return false;
  }
  return true;
}

std::string letters(long number, char first) {
  std::string text;
  for (; number > 0; number = (number - 1) / 26)
    text.insert(text.begin(), static_cast<char>(first + (number - 1) % 26));
  return text;
}

std::string roman(long number, bool upper) {
  constexpr std::pair<long, std::string_view> kNumerals[] = {
      {1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
      {40, "xl"},  {10, "x"},   {9, "ix"},  {5, "v"},    {4, "iv"},  {1, "i"}};
  std::string text;
  for (const auto& [value, numeral] : kNumerals) {
    for (; number >= value; number -= value) text += numeral;
  }
  if (upper) {
    for (char& c : text) c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace

HtmlTable::HtmlTable(const GumboNode& table) {
  const auto has_several = [](const GumboNode& row) {
    unsigned cells = 0;
    for (unsigned i = 0; i < children(row) && cells < 2; ++i) cells += is_cell(child(row, i)) ? 1U : 0U;
    return cells > 1;
  };
  for (unsigned i = 0; i < children(table) && !has_columns_; ++i) {
    const GumboNode& group = child(table, i);
    for (unsigned k = 0; k < children(group) && !has_columns_; ++k) has_columns_ = has_several(child(group, k));
  }
}

bool HtmlTable::is_one_line(const GumboNode& row) const {
  if (!has_columns_) return false;
  for (unsigned i = 0; i < children(row); ++i) {
    if (is_cell(child(row, i)) && !is_short(child(row, i))) return false;
  }
  return true;
}

std::size_t HtmlTable::place(const GumboNode& cell) {
  while (column_ < covered_.size() && covered_[column_] > 0) ++column_;
  const std::size_t begin = std::min(column_, kMaxColumns);
  const std::size_t end = std::min(begin + span(cell, "colspan", 1, kMaxColumns), kMaxColumns);
  const std::size_t rows = span(cell, "rowspan", 0, kMaxRows);
  const std::size_t below = rows == 0 ? kMaxRows : rows - 1;  // 0: to the end of the group
  if (below > 0 && next_.size() < end) next_.resize(end);
  for (std::size_t i = begin; below > 0 && i < end; ++i) next_[i] = static_cast<std::uint16_t>(below);
  column_ = end;
  return begin;
}

void HtmlTable::end_row() {
  for (std::uint16_t& rows : covered_) rows = static_cast<std::uint16_t>(std::max(rows - 1, 0));
  if (covered_.size() < next_.size()) covered_.resize(next_.size());
  for (std::size_t i = 0; i < next_.size(); ++i) covered_[i] = std::max(covered_[i], next_[i]);
  next_.clear();
}

void HtmlTable::end_group() {
  covered_.clear();
  next_.clear();
}

std::string item_number(long number, char type) {
  constexpr long kMostRoman = 3999;
  std::string text;
  if (type == 'a' || type == 'A') text = letters(number, type);
  if ((type == 'i' || type == 'I') && number <= kMostRoman) text = roman(number, type == 'I');
  return (text.empty() ? std::to_string(number) : text) + ". ";
}

}  // namespace minions::formats
