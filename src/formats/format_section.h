// One section of a number format: what stands between its semicolons, as tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/number_format.h"

namespace minions::formats {

enum class FormatToken {
  kLiteral,
  kWhole,     // a digit before the point: 0, # or ?
  kFraction,  // one behind it
  kPoint,
  kPercent,
  kExponent,     // with its digits
  kNumerator,    // of `?/?`, with its digits
  kDenominator,  // with its digits; fixed ones, or placeholders
  kGeneral,
  kText,    // @
  kMoment,  // a part of a day or time
};

struct FormatPart {
  FormatToken token;
  std::string text;
};

struct FormatCondition {
  enum class Relation { kBelow, kAtMost, kEqual, kUnequal, kAtLeast, kAbove };
  Relation relation;
  double bound;
  [[nodiscard]] bool holds(double number) const;
  // Only negative numbers meet it, so that the section shows a sign of its own.
  [[nodiscard]] bool is_of_negatives() const;
};

// Which parts of a day a section shows.
struct MomentParts {
  bool day = false;
  bool weekday = false;
  bool time = false;
  bool seconds = false;
  unsigned second_digits = 0;  // behind the point
  char elapsed = 0;            // h, m or s: counts on past a day, an hour or a minute
};

struct FormatSection {
  std::vector<FormatPart> parts;
  std::optional<FormatCondition> condition;
  MomentParts moment;
  unsigned whole_digits = 0;     // placeholders before the point
  unsigned fraction_digits = 0;  // and behind it
  unsigned percents = 0;
  unsigned thousands = 0;  // by which the number is divided
  bool is_grouped = false;
  bool negates = false;  // shows a number below zero without a sign in front

  [[nodiscard]] bool has(FormatToken token) const;
  [[nodiscard]] bool is_moment() const { return moment.day || moment.weekday || moment.time; }
};

[[nodiscard]] FormatSection parse_section(std::string_view code);

// A number through a section without parts of a day.
[[nodiscard]] std::string shown_decimal(double number, const FormatSection& section);
// A serial number as a day and time; nothing for numbers that are none.
[[nodiscard]] std::optional<std::string> shown_moment(double serial, const FormatSection& section, Epoch epoch);

}  // namespace minions::formats
