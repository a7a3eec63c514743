#include "formats/odf_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "formats/number_format.h"

namespace minions::formats {
namespace {

constexpr std::uint32_t kMaxGap = 64;               // of empty cells: spreadsheets repeat one to the edge of the sheet
constexpr std::size_t kMaxRepeatedBytes = 1 << 20;  // of a row, or of a cell within it
constexpr std::size_t kMaxInnerBytes = 1 << 14;     // of a row of a table within a cell
constexpr std::uint32_t kMaxColumns = 16'384;
constexpr std::uint32_t kMaxRows = 1 << 24;

std::uint32_t count_in(std::string_view text) {
  std::uint32_t count = 1;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return std::clamp(count, 1U, kMaxRows);
}

bool hides(std::string_view visibility) { return visibility == "collapse" || visibility == "filter"; }

// 2024-01-31T13:30:00; a day alone if its time is zero.
std::string moment_text(std::string_view value) {
  std::string shown(value);
  const std::size_t time = shown.find('T');
  if (time == std::string::npos) return shown;
  if (shown.find_first_not_of("0:.Z", time + 1) == std::string::npos) return shown.substr(0, time);
  shown[time] = ' ';
  return shown;
}

// PT12H30M00S.
std::string duration_text(std::string_view value) {
  unsigned parts[3] = {};
  const std::size_t begin = value.find('T');
  if (begin == std::string_view::npos) return std::string(value);
  constexpr std::string_view kUnits = "HMS";
  for (const char* at = value.data() + begin + 1; at < value.data() + value.size();) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(at, value.data() + value.size(), number);
    if (error != std::errc() || end == value.data() + value.size()) break;
    if (const std::size_t unit = kUnits.find(*end == '.' || *end == ',' ? 'S' : *end); unit < 3) parts[unit] = number;
    if (kUnits.find(*end) == std::string_view::npos) break;  // fractions of a second
    at = end + 1;
  }
  return fmt::format("{}{:02}:{:02}:{:02}", value.starts_with('-') ? "-" : "", parts[0], parts[1], parts[2]);
}

std::string percentage(std::string_view value) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::string(value);
  return fmt::format("{:.12g}%", number * 100);
}

std::string value_in(const XmlAttributes& attributes) {
  const std::string_view type = attributes.get("value-type");
  const std::string_view value = attributes.get("value");
  if (type == "percentage") return percentage(value);
  if (type == "currency" && !attributes.get("currency").empty())
    return general_number(value) + " " + std::string(attributes.get("currency"));
  if (type == "date") return moment_text(attributes.get("date-value"));
  if (type == "time") return duration_text(attributes.get("time-value"));
  if (type == "boolean") return attributes.get("boolean-value") == "true" ? "TRUE" : "FALSE";
  if (type == "string") return std::string(attributes.get("string-value"));
  return general_number(value);
}

}  // namespace

void OdfTable::start_column(const XmlAttributes& attributes) {
  const bool hidden = hides(attributes.get("visibility"));
  const std::size_t count =
      std::min<std::size_t>(count_in(attributes.get("number-columns-repeated")), kMaxColumns - columns_hidden_.size());
  columns_hidden_.insert(columns_hidden_.end(), count, hidden);
}

void OdfTable::start_row(const XmlAttributes& attributes) {
  row_repeats_ = count_in(attributes.get("number-rows-repeated"));
  row_is_hidden_ = hides(attributes.get("visibility"));
  place_.column = 0;
  waiting_ = 0;
  line_.clear();
}

void OdfTable::start_cell(const XmlAttributes& attributes, bool is_covered) {
  cell_repeats_ = count_in(attributes.get("number-columns-repeated"));
  is_covered_ = is_covered;
  value_ = value_in(attributes);
  has_formula_ = !attributes.get("formula").empty();
}

void OdfTable::end_cell(std::string text) {
  if (text.empty()) text = on_one_line(value_);
  if (is_covered_) {
    if (!std::exchange(text, {}).empty()) ++covered_;
  } else if (text.empty() && has_formula_) {
    ++uncached_;
  }
  if (text.empty()) {
    waiting_ = std::min(waiting_ + std::min(cell_repeats_, kMaxGap), kMaxGap);
  } else {
    const std::size_t room = kMaxRepeatedBytes - std::min(line_.size(), kMaxRepeatedBytes);
    const std::size_t fits = std::max<std::size_t>(1, room / (text.size() + separator_.size()));
    if (cell_repeats_ > fits) ++shortened_;
    for (std::size_t i = 0; i < std::min<std::size_t>(cell_repeats_, fits); ++i) {
      for (; waiting_ > 0; --waiting_) line_ += separator_;
      line_ += text;
      waiting_ = 1;
      const std::size_t column = place_.column + i;
      if (column < columns_hidden_.size() && columns_hidden_[column])
        hidden_columns_.insert(static_cast<std::uint32_t>(column));
    }
  }
  place_.column = std::min(place_.column + cell_repeats_, kMaxRows);
  value_.clear();
}

OdfTable::Row OdfTable::end_row() {
  Row row{std::move(line_), row_repeats_};
  line_.clear();
  place_.row = std::min(place_.row + row_repeats_, kMaxRows);
  if (row.line.empty()) return row;
  if (row_is_hidden_) hidden_rows_ += row_repeats_;
  const std::size_t room = is_inner_ ? kMaxInnerBytes : kMaxRepeatedBytes;
  const std::size_t fits = std::max<std::size_t>(1, room / row.line.size());
  if (row.repeats > fits) ++shortened_;
  row.repeats = static_cast<std::uint32_t>(std::min<std::size_t>(row.repeats, fits));
  return row;
}

}  // namespace minions::formats
