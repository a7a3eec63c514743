// Numbers that are written out in English, German, French and Chinese.
#pragma once

#include <optional>
#include <span>

#include "grounding/tokens.h"

namespace minions::grounding {

struct WrittenNumber {
  double value;
  std::size_t tokens;  // that it takes
};
// Of the tokens at the front, the longest; nothing: they are no number. `one`, `a`, `ein`, `un`, `一` alone are none:
// they are articles as well.
[[nodiscard]] std::optional<WrittenNumber> written_number(std::span<const Token> tokens);
// By what the number before it is multiplied: million, Mio, 万. Nothing: it is no such word.
[[nodiscard]] std::optional<double> multiplier(const Token& token);

}  // namespace minions::grounding
