// What the cells of a spreadsheet show: the number formats of ECMA-376 part 1, section 18.8.31. Days are written as
// 2024-01-31 whatever their format, so that no one takes a day for a month; all else is as displayed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minions::formats {

enum class Epoch { k1900, k1904 };

struct FormatSection;

class NumberFormat {
 public:
  NumberFormat() = default;  // General
  explicit NumberFormat(std::string_view code);
  // One of the formats that need no definition.
  [[nodiscard]] static NumberFormat built_in(unsigned id);

  // Returns the text unchanged if it is not a number, or not a day that the format could show; nothing where the
  // format hides the value.
  [[nodiscard]] std::optional<std::string> number(std::string_view value, Epoch epoch) const;
  [[nodiscard]] std::optional<std::string> text(std::string_view value) const;

 private:
  [[nodiscard]] const FormatSection* section_for(double number) const;

  // Positive, negative, zero, text; or by their conditions. Empty for General.
  std::shared_ptr<const std::vector<FormatSection>> sections_;
  std::size_t numeric_ = 0;  // how many of them are for numbers
  bool has_text_ = false;    // the last is for text
};

// As the format General shows it: without the noise of binary fractions.
[[nodiscard]] std::string general_number(std::string_view value);

}  // namespace minions::formats
