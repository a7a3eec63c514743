// Days and times by their serial numbers (ECMA-376 part 1, section 18.17.4).
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "formats/format_section.h"

namespace minions::formats {
namespace {

constexpr double kLastDay = 2'958'466;  // 9999-12-31, exclusive
constexpr std::int64_t kSecondsOfDay = 86'400;

std::chrono::sys_days day_of(std::int64_t serial, Epoch epoch) {
  using namespace std::chrono;
  if (epoch == Epoch::k1904) return sys_days(year(1904) / January / 1) + days(serial);
  // 1900-02-29 never existed, but has the number 60.
  return sys_days(year(1899) / December / 30) + days(serial + (serial < 61 ? 1 : 0));
}

std::string day_text(std::chrono::sys_days moment) {
  const std::chrono::year_month_day day(moment);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

std::string_view weekday_text(std::chrono::sys_days moment) {
  constexpr std::string_view kNames[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  return kNames[std::chrono::weekday(moment).c_encoding()];
}

// Since the start of the day, or elapsed.
struct Time {
  std::int64_t seconds;
  std::int64_t fraction;  // in the digits that are shown
};

std::string seconds_text(const Time& time, std::int64_t second, const MomentParts& parts) {
  std::string text = fmt::format("{:02}", second);
  if (parts.second_digits > 0) text += fmt::format(".{:0{}}", time.fraction, parts.second_digits);
  return text;
}

std::string time_text(const Time& time, const MomentParts& parts) {
  const std::int64_t second = time.seconds % 60;
  if (parts.elapsed == 's') return seconds_text(time, time.seconds, parts);
  if (parts.elapsed == 'm') return fmt::format("{:02}:", time.seconds / 60) + seconds_text(time, second, parts);
  std::string text = fmt::format("{:02}:{:02}", time.seconds / 3600, time.seconds / 60 % 60);
  if (parts.seconds || second != 0) text += ":" + seconds_text(time, second, parts);
  return text;
}

// Words before the first part of the moment, as "due" in `"due "yyyy-mm-dd`.
std::string words_before(const FormatSection& section) {
  std::string words;
  for (const FormatPart& part : section.parts) {
    if (part.token != FormatToken::kLiteral) break;
    words += part.text;
  }
  const std::size_t first = words.find_first_not_of(" .,/-:()'");
  return first == std::string::npos ? std::string() : words.substr(words.find_first_not_of(' '));
}

}  // namespace

std::optional<std::string> shown_moment(double serial, const FormatSection& section, Epoch epoch) {
  const MomentParts& parts = section.moment;
  const bool elapsed = parts.elapsed != 0 && !parts.day && !parts.weekday;
  if ((serial < 0 && !elapsed) || std::abs(serial) >= kLastDay) return std::nullopt;
  std::int64_t scale = 1;
  for (unsigned i = 0; i < parts.second_digits; ++i) scale *= 10;
  const std::int64_t units = std::llround(std::abs(serial) * static_cast<double>(kSecondsOfDay * scale));
  const std::int64_t seconds = units / scale;
  if (elapsed) {
    std::string shown = time_text({seconds, units % scale}, parts);
    return words_before(section) + (serial < 0 && !section.negates ? "-" : "") + shown;
  }
  std::string shown;
  const auto day = day_of(seconds / kSecondsOfDay, epoch);
  if (parts.weekday) shown += weekday_text(day);
  if (parts.day) shown += (shown.empty() ? "" : " ") + day_text(day);
  if (parts.time) {
    const Time time{parts.day || parts.elapsed == 0 ? seconds % kSecondsOfDay : seconds, units % scale};
    shown += (shown.empty() ? "" : " ") + time_text(time, parts);
  }
  return words_before(section) + shown;
}

}  // namespace minions::formats
