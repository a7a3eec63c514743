// What a cell of a spreadsheet shows: numbers without the noise of binary fractions, and dates for the serial numbers
// that a number format turns into dates (ECMA-376 part 1, sections 18.8.30 and 18.17.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace minions::formats {

enum class NumberStyle { kNumber, kDate, kTime, kDateTime };
enum class Epoch { k1900, k1904 };

// One of the formats that need no definition.
[[nodiscard]] NumberStyle built_in_style(unsigned number_format);
// `dd/mm/yyyy hh:mm` is a date with time; letters in quotes, in brackets and after a backslash do not count.
[[nodiscard]] NumberStyle style_of_code(std::string_view format_code);
// Returns the text unchanged if it is not a number, or not a date that the format could show.
[[nodiscard]] std::string shown_number(std::string_view value, NumberStyle style, Epoch epoch);
// The column of a reference such as `BC12`, from 0; 0 for an invalid reference.
[[nodiscard]] std::uint32_t column_of(std::string_view reference);

}  // namespace minions::formats
