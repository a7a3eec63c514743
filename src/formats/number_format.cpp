#include "formats/number_format.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "formats/format_section.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxCodeBytes = 1024;  // writing programs allow 255 characters
constexpr std::size_t kMaxSections = 4;
constexpr std::size_t kExactDigits = 15;

struct BuiltIn {
  unsigned first;
  unsigned last;
  const char* code;
};
// Currencies differ by language and are left out; so are the orders of day and month, which are not shown. Where
// languages differ between a day and a time, the number tells.
constexpr BuiltIn kBuiltIns[] = {{1, 1, "0"},
                                 {2, 2, "0.00"},
                                 {3, 3, "#,##0"},
                                 {4, 4, "#,##0.00"},
                                 {5, 6, "#,##0_);(#,##0)"},
                                 {7, 8, "#,##0.00_);(#,##0.00)"},
                                 {9, 9, "0%"},
                                 {10, 10, "0.00%"},
                                 {11, 11, "0.00E+00"},
                                 {12, 12, "# ?/?"},
                                 {13, 13, "# ?\?/??"},
                                 {14, 17, "yyyy-mm-dd"},
                                 {18, 18, "hh:mm"},
                                 {19, 19, "hh:mm:ss"},
                                 {20, 20, "hh:mm"},
                                 {21, 21, "hh:mm:ss"},
                                 {22, 22, "yyyy-mm-dd hh:mm"},
                                 {27, 31, "yyyy-mm-dd"},
                                 {32, 32, "hh:mm"},
                                 {33, 33, "hh:mm:ss"},
                                 {34, 35, "[<1]hh:mm;yyyy-mm-dd"},
                                 {36, 36, "yyyy-mm-dd"},
                                 {37, 38, "#,##0_);(#,##0)"},
                                 {39, 40, "#,##0.00_);(#,##0.00)"},
                                 {41, 42, "#,##0_);(#,##0);\"-\"_);@"},
                                 {43, 44, "#,##0.00_);(#,##0.00);\"-\"?\?_);@"},
                                 {45, 45, "hh:mm:ss"},
                                 {46, 46, "[h]:mm:ss"},
                                 {47, 47, "hh:mm:ss.0"},
                                 {48, 48, "##0.0E+0"},
                                 {49, 49, "@"},
                                 {50, 54, "yyyy-mm-dd"},
                                 {55, 56, "[<1]hh:mm;yyyy-mm-dd"},
                                 {57, 58, "yyyy-mm-dd"},
                                 {59, 59, "0"},
                                 {60, 60, "0.00"},
                                 {61, 61, "#,##0"},
                                 {62, 62, "#,##0.00"},
                                 {67, 67, "0%"},
                                 {68, 68, "0.00%"},
                                 {69, 69, "# ?/?"},
                                 {70, 70, "# ?\?/??"},
                                 {71, 74, "yyyy-mm-dd"},
                                 {75, 75, "hh:mm"},
                                 {76, 76, "hh:mm:ss"},
                                 {77, 77, "yyyy-mm-dd hh:mm"},
                                 {78, 78, "hh:mm:ss"},
                                 {79, 79, "[h]:mm:ss"},
                                 {80, 80, "hh:mm:ss.0"},
                                 {81, 81, "yyyy-mm-dd"}};

// The codes between semicolons that are not in quotes, in brackets or behind a backslash.
std::vector<std::string_view> split(std::string_view code) {
  std::vector<std::string_view> sections;
  std::size_t begin = 0;
  std::size_t i = 0;
  for (; i < code.size() && sections.size() + 1 < kMaxSections; ++i) {
    const char c = code[i];
    if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else if (c == '"') {
      i = std::min(code.find('"', i + 1), code.size());
    } else if (c == '[') {
      i = std::min(code.find(']', i), code.size());
    } else if (c == ';') {
      sections.push_back(code.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  sections.push_back(code.substr(begin));
  return sections;
}

std::optional<double> number_in(std::string_view value) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

}  // namespace

NumberFormat::NumberFormat(std::string_view code) {
  if (code.empty() || code.size() > kMaxCodeBytes) return;
  std::vector<FormatSection> sections;
  for (const std::string_view section : split(code)) sections.push_back(parse_section(section));
  has_text_ = sections.size() == kMaxSections || sections.back().has(FormatToken::kText);
  numeric_ = sections.size() - (has_text_ ? 1 : 0);
  const bool has_conditions = sections[0].condition || (sections.size() > 1 && sections[1].condition);
  if (numeric_ > 1 && !has_conditions) sections[1].negates = true;
  for (FormatSection& section : sections) {
    if (section.condition && section.condition->is_of_negatives()) section.negates = true;
  }
  sections_ = std::make_shared<const std::vector<FormatSection>>(std::move(sections));
}

NumberFormat NumberFormat::built_in(unsigned id) {
  for (const auto& [first, last, code] : kBuiltIns) {
    if (id >= first && id <= last) return NumberFormat(code);
  }
  return {};
}

const FormatSection* NumberFormat::section_for(double number) const {
  const auto& sections = *sections_;
  if (numeric_ == 0) return nullptr;
  if (numeric_ == 1) return !sections[0].condition || sections[0].condition->holds(number) ? &sections[0] : nullptr;
  const bool has_zero = numeric_ > 2;
  const bool first = sections[0].condition   ? sections[0].condition->holds(number)
                     : sections[1].condition ? !sections[1].condition->holds(number) && (!has_zero || number > 0)
                                             : number > 0 || (!has_zero && number == 0);
  if (first) return &sections[0];
  const bool second = sections[1].condition ? sections[1].condition->holds(number) : !has_zero || number < 0;
  if (second) return &sections[1];
  return has_zero ? &sections[2] : nullptr;
}

std::optional<std::string> NumberFormat::number(std::string_view value, Epoch epoch) const {
  const auto number = number_in(value);
  if (!number) return std::string(value);
  if (sections_ == nullptr) return general_number(value);
  const FormatSection* section = section_for(*number);
  if (section == nullptr) return general_number(value);
  if (section->parts.empty() && (*number == 0 || sections_->size() > 1)) return std::nullopt;
  if (section->is_moment()) return shown_moment(*number, *section, epoch).value_or(general_number(value));
  if (section->parts.size() == 1 && section->has(FormatToken::kGeneral) && !section->negates)
    return general_number(value);
  return trimmed(shown_decimal(*number, *section));
}

std::optional<std::string> NumberFormat::text(std::string_view value) const {
  if (!has_text_) return std::string(value);
  const FormatSection& section = sections_->back();
  if (section.parts.empty()) return std::nullopt;
  std::string shown;
  for (const FormatPart& part : section.parts) {
    if (part.token == FormatToken::kText) shown += value;
    if (part.token == FormatToken::kLiteral) shown += part.text;
  }
  return section.parts.size() == 1 ? shown : trimmed(shown);
}

std::string general_number(std::string_view value) {
  const auto number = number_in(value);
  return number && value.size() > kExactDigits ? fmt::format("{:.15g}", *number) : std::string(value);
}

}  // namespace minions::formats
