// What spreadsheets write of their cells besides numbers: references and texts (ECMA-376 part 1, sections 18.18.62 and
// 22.9.2.19).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace minions::formats {

// From 0; a row or column that the reference does not name is 0.
struct CellPlace {
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  auto operator<=>(const CellPlace&) const = default;
};
[[nodiscard]] CellPlace place_of(std::string_view reference);
// `BC12`.
[[nodiscard]] std::string reference_of(CellPlace place);

// A text with its escapes `_xHHHH_` decoded; `_x005F_` is an underscore that starts none.
[[nodiscard]] std::string unescaped(std::string_view text);
// On one line, without tabs: a row of a sheet is a line.
[[nodiscard]] std::string on_one_line(std::string_view text);

}  // namespace minions::formats
