// Numbers as lists and clauses count them: 3, c, III, third (ECMA-376 part 1, section 17.18.59).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace minions::formats {

enum class CounterStyle {
  kDecimal,
  kDecimalZero,  // 01
  kLowerLetter,
  kUpperLetter,
  kLowerRoman,
  kUpperRoman,
  kOrdinal,       // 1st
  kCardinalText,  // One
  kOrdinalText,   // First
  kHex,
  kEnclosedCircle,
  kEnclosedParenthesis,
  kFullWidth,
  kInDashes,  // - 1 -
  kFootnoteMarks,
  kLowerRussian,
  kUpperRussian,
  kIdeographDigits,
  kIdeographCounting,
  kHeavenlyStems,
  kEarthlyBranches,
  kNone,
  kBullet,
};

// By its name in WordprocessingML; decimal if it has none here.
[[nodiscard]] CounterStyle counter_style(std::string_view name);
// Empty for kNone and kBullet; decimal beyond what the style can count.
[[nodiscard]] std::string counter_text(std::uint32_t number, CounterStyle style);

}  // namespace minions::formats
