#include "formats/cell_value.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>

namespace minions::formats {
namespace {

constexpr double kLastDay = 2'958'466;  // 9999-12-31, exclusive
constexpr std::size_t kExactDigits = 15;

std::string day_text(double serial, Epoch epoch) {
  using namespace std::chrono;
  // 1900-02-29 never existed, but has the number 60.
  const auto offset = epoch == Epoch::k1904 ? days(0) : days(serial < 61 ? 1 : 0);
  const sys_days start =
      epoch == Epoch::k1904 ? sys_days(year(1904) / January / 1) : sys_days(year(1899) / December / 30);
  const year_month_day day(start + days(static_cast<int>(serial)) + offset);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

std::string time_text(std::int64_t second_of_day) {
  const auto hour = second_of_day / 3600;
  const auto minute = second_of_day / 60 % 60;
  const auto second = second_of_day % 60;
  return second == 0 ? fmt::format("{:02}:{:02}", hour, minute)
                     : fmt::format("{:02}:{:02}:{:02}", hour, minute, second);
}

std::string shown_moment(double serial, NumberStyle style, Epoch epoch) {
  auto second_of_day = std::llround((serial - std::floor(serial)) * 86'400);
  double day = std::floor(serial);
  if (second_of_day == 86'400) {
    second_of_day = 0;
    day += 1;
  }
  switch (style) {
    case NumberStyle::kDate: return day_text(day, epoch);
    case NumberStyle::kTime: return time_text(second_of_day + static_cast<std::int64_t>(day) * 86'400);
    case NumberStyle::kDateTime: return day_text(day, epoch) + " " + time_text(second_of_day);
    case NumberStyle::kNumber: break;
  }
  return {};
}

}  // namespace

NumberStyle built_in_style(unsigned number_format) {
  const auto in = [&](unsigned first, unsigned last) { return number_format >= first && number_format <= last; };
  if (number_format == 22) return NumberStyle::kDateTime;
  if (in(14, 17) || in(27, 31) || number_format == 36 || in(50, 54) || in(57, 58)) return NumberStyle::kDate;
  if (in(18, 21) || in(32, 35) || in(45, 47) || in(55, 56)) return NumberStyle::kTime;
  return NumberStyle::kNumber;
}

NumberStyle style_of_code(std::string_view code) {
  bool day = false;
  bool time = false;
  bool month_or_minute = false;
  for (std::size_t i = 0; i < code.size() && code[i] != ';'; ++i) {  // a second part is for negative numbers
    const char c = code[i];
    if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else if (c == '"') {
      i = std::min(code.find('"', i + 1), code.size());
    } else if (c == '[') {
      const std::size_t end = std::min(code.find(']', i), code.size());
      if (i + 1 < end && std::string_view("hHmMsS").find(code[i + 1]) != std::string_view::npos) time = true;
      i = end;
    } else if (c == 'y' || c == 'Y' || c == 'd' || c == 'D') {
      day = true;
    } else if (c == 'h' || c == 'H' || c == 's' || c == 'S') {
      time = true;
    } else if (c == 'm' || c == 'M') {
      month_or_minute = true;
    } else if (c == '0' || c == '#' || c == '?') {
      if (!day && !time) return NumberStyle::kNumber;
    }
  }
  if (day && time) return NumberStyle::kDateTime;
  if (time) return NumberStyle::kTime;
  return day || month_or_minute ? NumberStyle::kDate : NumberStyle::kNumber;
}

std::string shown_number(std::string_view value, NumberStyle style, Epoch epoch) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || !std::isfinite(number)) return std::string(value);
  if (style != NumberStyle::kNumber && number >= 0 && number < kLastDay) return shown_moment(number, style, epoch);
  return value.size() > kExactDigits ? fmt::format("{:.15g}", number) : std::string(value);
}

std::uint32_t column_of(std::string_view reference) {
  std::uint32_t column = 0;
  for (const char c : reference.substr(0, 3)) {
    if (c < 'A' || c > 'Z') break;
    column = column * 26 + static_cast<std::uint32_t>(c - 'A' + 1);
  }
  return column == 0 ? 0 : column - 1;
}

}  // namespace minions::formats
