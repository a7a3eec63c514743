// Units of measurement in English, German, French and Chinese, so that 1.5 h and 90 minutes are the same.
#pragma once

#include <optional>
#include <span>

#include "grounding/tokens.h"

namespace minions::grounding {

enum class Dimension : std::uint8_t {
  kNone,
  kPercent,
  kLength,     // metres
  kArea,       // square metres
  kVolume,     // litres
  kMass,       // grams
  kTime,       // seconds
  kMonths,     // months: no number of seconds
  kCelsius,    // degrees Celsius
  kPower,      // watts
  kEnergy,     // joules
  kVoltage,    // volts
  kCurrent,    // amperes
  kFrequency,  // hertz
  kPressure,   // pascals
  kData,       // bytes
  kSpeed,      // metres a second
  kEuro,       // and other money, each of its own
  kDollar,
  kPound,
  kFranc,
  kYuan,
  kYen,
  kCents,  // of any money
};

struct Unit {
  Dimension dimension;
  double factor;      // to the unit of the dimension
  double offset = 0;  // added after it
  std::size_t tokens = 1;
};
// The unit at the front, right behind a number; nothing: there is none.
[[nodiscard]] std::optional<Unit> unit_at(std::span<const Token> tokens);

}  // namespace minions::grounding
