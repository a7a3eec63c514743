#include "grounding/dates.h"

#include <charconv>
#include <utility>

#include "grounding/languages.h"
#include "grounding/number_words.h"

namespace minions::grounding {
namespace {

constexpr std::string_view kYear = "\xE5\xB9\xB4";
constexpr std::string_view kMonth = "\xE6\x9C\x88";
constexpr std::string_view kDay = "\xE6\x97\xA5";
constexpr std::string_view kDayOfMonth = "\xE5\x8F\xB7";

// Reads tokens one after the other; each step leaves the place where it does not fit.
class Reader {
 public:
  explicit Reader(std::span<const Token> tokens) : tokens_(tokens) {}
  [[nodiscard]] std::size_t at() const { return at_; }
  void back_to(std::size_t at) { at_ = at; }

  // Digits, or a number in Chinese characters.
  [[nodiscard]] std::optional<unsigned> number(std::size_t least_digits, std::size_t most_digits) {
    if (at_ >= tokens_.size()) return std::nullopt;
    const Token& token = tokens_[at_];
    if (token.kind == Token::Kind::kHan) {
      const auto written = written_number(tokens_.subspan(at_));
      if (!written || written->value < 0 || written->value > 9999) return std::nullopt;
      at_ += written->tokens;
      return static_cast<unsigned>(written->value);
    }
    if (token.kind != Token::Kind::kDigits || token.text.size() < least_digits || token.text.size() > most_digits)
      return std::nullopt;
    unsigned value = 0;
    std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
    ++at_;
    return value;
  }
  // With no space before it, or with one where spaces are allowed.
  enum class Space { kNone, kAllowed };
  [[nodiscard]] bool sign(std::string_view text, Space space = Space::kAllowed) {
    if (at_ >= tokens_.size() || tokens_[at_].text != text) return false;
    if (space == Space::kNone && tokens_[at_].after_space) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool any_of(std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) {
      if (sign(word)) return true;
    }
    return false;
  }
  [[nodiscard]] unsigned month() {
    if (at_ >= tokens_.size() || tokens_[at_].kind != Token::Kind::kWord) return 0;
    const unsigned month = month_of(tokens_[at_].text);
    if (month != 0) ++at_;
    return month;
  }
  // Only where it begins right behind the token before it.
  [[nodiscard]] bool is_joined() const { return at_ < tokens_.size() && !tokens_[at_].after_space; }
  [[nodiscard]] const Token* next() const { return at_ < tokens_.size() ? &tokens_[at_] : nullptr; }

 private:
  std::span<const Token> tokens_;
  std::size_t at_ = 0;
};

bool is_day(unsigned value) { return value >= 1 && value <= 31; }
bool is_month(unsigned value) { return value >= 1 && value <= 12; }
bool is_year(unsigned value) { return value >= 1000 && value <= 2999; }

// 2026-11-30, 2026/11/30, 2026.11.30
std::optional<Date> year_first(Reader reader) {
  const auto year = reader.number(4, 4);
  if (!year || !is_year(*year)) return std::nullopt;
  for (const std::string_view sign : {"-", "/", "."}) {
    Reader rest = reader;
    if (!rest.sign(sign, Reader::Space::kNone) || !rest.is_joined()) continue;
    const auto month = rest.number(1, 2);
    if (!month || !is_month(*month)) continue;
    Reader with_day = rest;
    if (with_day.sign(sign, Reader::Space::kNone) && with_day.is_joined()) {
      const auto day = with_day.number(1, 2);
      if (day && is_day(*day)) return Date{*year, *month, *day, false, with_day.at()};
    }
    if (sign == "-") return Date{*year, *month, 0, false, rest.at()};
  }
  return std::nullopt;
}

// 30.11.2026, 30. 11. 2026, 30/11/26, 11/30/2026, 30.11.
std::optional<Date> numeric(Reader reader) {
  const auto first = reader.number(1, 2);
  if (!first || *first == 0 || *first > 31) return std::nullopt;
  for (const std::string_view sign : {".", "/", "-"}) {
    Reader rest = reader;
    if (!rest.sign(sign, Reader::Space::kNone)) continue;
    if (sign != "." && !rest.is_joined()) continue;
    const auto second = rest.number(1, 2);
    if (!second || *second == 0 || *second > 31 || (*first > 12 && *second > 12)) continue;
    Date date;
    date.day = *second > 12 ? *second : *first;
    date.month = *second > 12 ? *first : *second;
    date.may_be_swapped = sign == "/" && *first <= 12 && *second <= 12;
    if (!rest.sign(sign, Reader::Space::kNone)) continue;
    Reader with_year = rest;
    if (sign == "." || with_year.is_joined()) {
      const Token* next = with_year.next();
      const bool fits = next != nullptr && next->kind == Token::Kind::kDigits && next->text.size() != 3;
      const auto year = fits ? with_year.number(2, 4) : std::nullopt;
      if (year) {
        date.year = *year;
        date.tokens = with_year.at();
        return date;
      }
    }
    if (sign == "." && *second <= 12) {
      date.tokens = rest.at();
      return date;
    }
  }
  return std::nullopt;
}

// 06/2017, 06.2017
std::optional<Date> month_and_year(Reader reader) {
  const auto month = reader.number(1, 2);
  if (!month || !is_month(*month)) return std::nullopt;
  const bool separated = reader.sign("/", Reader::Space::kNone) || reader.sign(".", Reader::Space::kNone);
  if (!separated || !reader.is_joined()) return std::nullopt;
  const Token* next = reader.next();
  if (next == nullptr || next->kind != Token::Kind::kDigits || next->text.size() != 4) return std::nullopt;
  const auto year = reader.number(4, 4);
  if (!year || *year < 1900 || *year > 2199) return std::nullopt;
  return Date{*year, *month, 0, false, reader.at()};
}

// Of `30 November`, `30th of November`, `1er mars`; moves the reader behind it. False: it is something else.
bool day_and_month(Reader& reader, Date& date) {
  const auto day = reader.number(1, 2);
  if (!day || !is_day(*day)) return false;
  if (reader.is_joined()) (void)reader.any_of({"st", "nd", "rd", "th", "er", "."});
  (void)reader.any_of({"of", "de"});
  date.day = *day;
  date.month = reader.month();
  (void)reader.sign(".", Reader::Space::kNone);
  return date.month != 0;
}

// Of `November 30`, `November 30th`, `November`.
bool month_and_day(Reader& reader, Date& date) {
  date.month = reader.month();
  if (date.month == 0) return false;
  (void)reader.sign(".", Reader::Space::kNone);
  Reader rest = reader;
  const Token* next = rest.next();
  if (next == nullptr || next->kind != Token::Kind::kDigits || next->text.size() > 2) return true;
  const auto day = rest.number(1, 2);
  if (!day || !is_day(*day)) return true;
  if (rest.is_joined()) (void)rest.any_of({"st", "nd", "rd", "th"});
  date.day = *day;
  reader = rest;
  return true;
}

// The same with a year: 30 November 2026, November 30, 2026, November 2026.
std::optional<Date> with_name(const Reader& reader) {
  for (const auto read : {day_and_month, month_and_day}) {
    Date date;
    Reader rest = reader;
    if (!read(rest, date)) continue;
    Reader with_year = rest;
    (void)with_year.sign(",");
    const bool is_short = with_year.sign("'");  // March '21
    const Token* next = with_year.next();
    if (is_short && next != nullptr && next->kind == Token::Kind::kDigits && next->text.size() == 2) {
      date.year = with_year.number(2, 2).value_or(0);
      rest = with_year;
    } else if (!is_short && next != nullptr && next->kind == Token::Kind::kDigits && next->text.size() == 4) {
      if (const auto year = with_year.number(4, 4); year && is_year(*year)) {
        date.year = *year;
        rest = with_year;
      }
    }
    if (date.year == 0 && date.day == 0) continue;
    date.tokens = rest.at();
    return date;
  }
  return std::nullopt;
}

// 2026年11月30日, 11月30日, 2026年11月
std::optional<Date> chinese(Reader reader) {
  Date date;
  const auto first = reader.number(1, 4);
  if (!first) return std::nullopt;
  std::optional<unsigned> month = first;
  if (reader.sign(kYear)) {
    date.year = *first;
    month = reader.number(1, 2);
  }
  if (!month || !is_month(*month) || !reader.sign(kMonth)) return std::nullopt;
  date.month = *month;
  Reader with_day = reader;
  if (const auto day = with_day.number(1, 2); day && is_day(*day) && with_day.any_of({kDay, kDayOfMonth})) {
    date.day = *day;
    reader = with_day;
  }
  if (date.year == 0 && date.day == 0) return std::nullopt;
  date.tokens = reader.at();
  return date;
}

}  // namespace

std::optional<Date> date_at(std::span<const Token> tokens) {
  const Reader reader(tokens);
  if (auto date = year_first(reader)) return date;
  if (auto date = chinese(reader)) return date;
  if (auto date = with_name(reader)) return date;
  if (auto date = numeric(reader)) return date;
  return month_and_year(reader);
}

namespace {

// The hour at the front, in figures or written out.
std::optional<unsigned> hour_at(std::span<const Token> tokens, Reader& reader) {
  const Token* first = reader.next();
  if (first == nullptr || first->kind == Token::Kind::kSign) return std::nullopt;
  std::optional<unsigned> hour;
  if (first->kind == Token::Kind::kWord) {
    const auto written = written_number(tokens);
    if (!written || !(written->value >= 1 && written->value <= 24)) return std::nullopt;
    hour = static_cast<unsigned>(written->value);
    reader.back_to(written->tokens);
  } else {
    hour = reader.number(1, 2);
  }
  return hour && *hour <= 24 ? hour : std::nullopt;
}

std::optional<unsigned> minutes_at(Reader& reader) {
  const Token* next = reader.next();
  if (next == nullptr || next->kind != Token::Kind::kDigits || next->text.size() != 2) return std::nullopt;
  const auto read = reader.number(2, 2);
  return read && *read < 60 ? read : std::nullopt;
}

// am, pm, p.m.: whether it is after noon. Nothing: it does not stand there.
std::optional<bool> half_of_day(Reader& reader) {
  for (const bool later : {false, true}) {
    Reader rest = reader;
    if (rest.sign(later ? "pm" : "am")) {
      reader = rest;
      return later;
    }
    if (rest.sign(later ? "p" : "a") && rest.sign(".", Reader::Space::kNone) && rest.sign("m", Reader::Space::kNone)) {
      (void)rest.sign(".", Reader::Space::kNone);
      reader = rest;
      return later;
    }
  }
  return std::nullopt;
}

// Before the hour: its tokens, 0 if it is not there.
std::size_t chinese_half_of_day(std::span<const Token> tokens, std::optional<bool>& later) {
  constexpr std::pair<std::string_view, bool> kHalves[] = {
      {"\xE4\xB8\x8B", true}, {"\xE6\x99\x9A", true}, {"\xE4\xB8\x8A", false}, {"\xE6\x97\xA9", false}};
  for (const auto& [word, is_later] : kHalves) {
    Reader reader(tokens);
    if (!reader.sign(word)) continue;
    if (!reader.any_of({"\xE5\x8D\x88", "\xE4\xB8\x8A", "\xE6\x99\xA8", "\xE9\x97\xB4"})) continue;
    later = is_later;
    return reader.at();
  }
  return 0;
}

// Behind the hour: 14:30, 14 h 30, 14.30 Uhr, 14 Uhr 30, 2 o'clock, 14点30分. Nothing: it is no time.
std::optional<unsigned> minutes_behind(Reader& reader) {
  Reader rest = reader;
  if (rest.sign(":", Reader::Space::kNone) || rest.sign("\xEF\xBC\x9A", Reader::Space::kNone) || rest.sign("h")) {
    if (const auto minutes = minutes_at(rest)) {
      reader = rest;
      (void)reader.sign("uhr");
      return minutes;
    }
  }
  rest = reader;
  if (rest.sign(".", Reader::Space::kNone)) {
    const auto minutes = minutes_at(rest);
    Reader half = rest;
    if (minutes && (rest.sign("uhr") || rest.sign("h") || half_of_day(half))) {
      reader = rest;
      return minutes;
    }
  }
  rest = reader;
  if (!rest.any_of({"uhr", "\xE7\x82\xB9", "\xE6\x97\xB6", "o"})) return std::nullopt;
  if (rest.sign("'")) (void)rest.sign("clock");
  reader = rest;
  if (reader.sign("\xE5\x8D\x8A")) return 30;  // half past
  const auto minutes = minutes_at(rest);
  if (!minutes) return 0;
  (void)rest.sign("\xE5\x88\x86");
  reader = rest;
  return minutes;
}

// halb zehn, Viertel vor acht, half past six, a quarter to nine
std::optional<TimeOfDay> quarter_of_hour(std::span<const Token> tokens) {
  constexpr std::pair<std::string_view, int> kBefore[] = {{"halb", -30},        {"half past", 30},
                                                          {"quarter past", 15}, {"quarter to", -15},
                                                          {"viertel nach", 15}, {"viertel vor", -15}};
  for (const auto& [words, minutes] : kBefore) {
    Reader reader(tokens);
    const std::size_t space = words.find(' ');
    if (!reader.sign(words.substr(0, space))) continue;
    if (space != std::string_view::npos && !reader.sign(words.substr(space + 1))) continue;
    const std::size_t first = reader.at();
    Reader behind(tokens.subspan(first));
    const auto hour = hour_at(tokens.subspan(first), behind);
    if (!hour) continue;
    const auto time = static_cast<unsigned>(static_cast<int>(*hour % 24 * 60) + minutes + 24 * 60) % (24 * 60);
    const auto later = half_of_day(behind);
    return TimeOfDay{later && *later && time < 12 * 60 ? time + 12 * 60 : time, !later && time < 12 * 60,
                     first + behind.at()};
  }
  return std::nullopt;
}

}  // namespace

std::optional<TimeOfDay> time_at(std::span<const Token> tokens) {
  if (auto time = quarter_of_hour(tokens)) return time;
  // 下午六点半
  std::optional<bool> half;
  const std::size_t before = chinese_half_of_day(tokens, half);
  tokens = tokens.subspan(before);
  Reader reader(tokens);
  auto hour = hour_at(tokens, reader);
  if (!hour) return std::nullopt;
  const auto minutes = minutes_behind(reader);
  if (const auto behind = half_of_day(reader)) half = behind;
  if (!minutes && (!half || before > 0)) return std::nullopt;
  if (half && *hour == 12) hour = 0;
  if (half && *half && *hour < 12) *hour += 12;
  return TimeOfDay{*hour % 24 * 60 + minutes.value_or(0), !half && *hour < 12, before + reader.at()};
}

bool agree(const Date& a, const Date& b) {
  const auto same = [](unsigned x, unsigned y) { return x == 0 || y == 0 || x == y; };
  const auto same_year = [&](unsigned x, unsigned y) {
    return same(x, y) || (x < 100 && y % 100 == x) || (y < 100 && x % 100 == y);
  };
  if (!same_year(a.year, b.year)) return false;
  if (same(a.month, b.month) && same(a.day, b.day)) return true;
  return (a.may_be_swapped || b.may_be_swapped) && same(a.month, b.day) && same(a.day, b.month);
}

}  // namespace minions::grounding
