// Dates and times of day in the forms of English, German, French and Chinese.
#pragma once

#include <optional>
#include <span>

#include "grounding/tokens.h"

namespace minions::grounding {

// What is stated of a date; 0: not stated.
struct Date {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  // Where the order of day and month is not clear, this is the other reading.
  bool may_be_swapped = false;
  std::size_t tokens = 0;
};
// At the front, with two parts at least.
[[nodiscard]] std::optional<Date> date_at(std::span<const Token> tokens);

struct TimeOfDay {
  unsigned minutes = 0;       // since midnight
  bool may_be_later = false;  // by twelve hours: 2:30 without am or pm
  std::size_t tokens = 0;
};
[[nodiscard]] std::optional<TimeOfDay> time_at(std::span<const Token> tokens);

// Whether what the one states is what the other does, as far as both state it; years of two digits count as both
// centuries.
[[nodiscard]] bool agree(const Date& a, const Date& b);

}  // namespace minions::grounding
