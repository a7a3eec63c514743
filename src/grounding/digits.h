// Numbers in figures: their separators, fractions and ordinal endings.
#pragma once

#include <span>

#include "grounding/tokens.h"

namespace minions::grounding {

// A number without what stands around it.
struct Digits {
  std::vector<double> values;  // its readings: 1.234 may be a thousand or one and a bit
  double least_digit = 1;
  double round_digit = 1;
  std::size_t tokens = 0;
  bool is_version = false;  // 1.2.3
};

// The tokens begin with digits.
[[nodiscard]] Digits digits_at(std::span<const Token> tokens);
[[nodiscard]] double number_of(std::string_view digits);
// The value of one in the last place that is not zero: 100 for 400.
[[nodiscard]] double last_round_digit(double value);
// Of a sign such as ½; 0: it is none.
[[nodiscard]] double fraction_of(std::string_view sign);
// st, nd, er, ...
[[nodiscard]] bool is_ordinal_ending(std::string_view text);

}  // namespace minions::grounding
