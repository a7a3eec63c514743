#include "formats/format_section.h"

#include <algorithm>
#include <charconv>

namespace minions::formats {
namespace {

using Token = FormatToken;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool starts_as(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

bool is_placeholder(char c) { return c == '0' || c == '#' || c == '?'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t character_bytes(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && is_continuation(text[size])) ++size;
  return size;
}

// How many bytes of the same letter the text starts with, in either case.
std::size_t run_of(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && lower(text[size]) == lower(text[0])) ++size;
  return size;
}

std::optional<FormatCondition> condition_in(std::string_view text) {
  using Relation = FormatCondition::Relation;
  constexpr std::pair<std::string_view, Relation> kRelations[] = {
      {"<=", Relation::kAtMost}, {">=", Relation::kAtLeast}, {"<>", Relation::kUnequal},
      {"<", Relation::kBelow},   {">", Relation::kAbove},    {"=", Relation::kEqual}};
  for (const auto& [sign, relation] : kRelations) {
    if (!text.starts_with(sign)) continue;
    text.remove_prefix(sign.size());
    double bound = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound);
    if (error != std::errc()) return std::nullopt;
    return FormatCondition{relation, bound};
  }
  return std::nullopt;
}

// The order of day, month and year in another language: three runs of one letter each, as TT.MM.JJJJ, jj/mm/aaaa.
bool is_day_of_another_language(std::string_view code) {
  std::vector<std::string_view> letters;
  std::size_t longest = 0;
  while (!code.empty()) {
    const std::string_view letter = code.substr(0, character_bytes(code));
    std::size_t count = 0;
    while (code.starts_with(letter)) {
      code.remove_prefix(letter.size());
      ++count;
    }
    const char c = letter[0];
    if (c == '.' || c == '/' || c == '-' || c == ' ' || c == '\\' || c == '@') continue;
    const bool is_letter = (lower(c) >= 'a' && lower(c) <= 'z') || static_cast<unsigned char>(c) >= 0xC3;
    if (!is_letter || count > 4 || std::find(letters.begin(), letters.end(), letter) != letters.end()) return false;
    letters.push_back(letter);
    longest = std::max(longest, count);
  }
  return letters.size() == 3 && longest >= 2;
}

class SectionParser {
 public:
  explicit SectionParser(std::string_view code) : code_(code), is_moment_(shows_moment(code)) {}

  [[nodiscard]] FormatSection parse() && {
    if (is_day_of_another_language(code_)) {
      section_.moment.day = true;
      add(Token::kMoment, code_);
      return std::move(section_);
    }
    while (!code_.empty()) take_part();
    const auto& parts = section_.parts;
    const auto slash = std::find_if(parts.begin(), parts.end(),
                                    [](const FormatPart& part) { return part.token == Token::kDenominator; });
    if (slash != parts.end()) take_numerator(static_cast<std::size_t>(slash - parts.begin()));
    return std::move(section_);
  }

 private:
  // Digits make it a number, except those of a second's fractions.
  static bool shows_moment(std::string_view code) {
    bool found = false;
    char before = 0;
    for (std::size_t i = 0; i < code.size(); ++i) {
      const char c = lower(code[i]);
      if (c == '\\' || c == '_' || c == '*') {
        ++i;
      } else if (c == '"') {
        i = std::min(code.find('"', i + 1), code.size());
      } else if (c == '[') {
        found = found || (i + 1 < code.size() && is_elapsed(code.substr(i + 1)));
        i = std::min(code.find(']', i), code.size());
      } else if (starts_as(code.substr(i), "general")) {
        return false;
      } else if (is_placeholder(c)) {
        if (before != 's') return false;
        while (i + 1 < code.size() && is_placeholder(code[i + 1])) ++i;
      } else if (c == 'y' || c == 'm' || c == 'd' || c == 'h' || c == 's' || c == 'e' || c == 'g') {
        found = true;
        before = c;
      } else if ((c == 'a' || c == 'b') && run_of(code.substr(i)) >= 2) {
        found = true;
      } else if (c != '.' && c != ',') {
        before = 0;
      }
    }
    return found;
  }
  static bool is_elapsed(std::string_view text) {
    const char c = lower(text[0]);
    const std::size_t run = run_of(text);
    return (c == 'h' || c == 'm' || c == 's') && (run == text.size() || text[run] == ']');
  }

  void add(Token token, std::string_view text) {
    if (text.empty()) return;
    if (token == Token::kLiteral && !section_.parts.empty() && section_.parts.back().token == token) {
      section_.parts.back().text += text;
    } else {
      section_.parts.push_back({token, std::string(text)});
    }
  }
  void skip(std::size_t bytes) { code_.remove_prefix(std::min(bytes, code_.size())); }
  [[nodiscard]] std::string_view taken(std::size_t bytes) {
    const std::string_view text = code_.substr(0, bytes);
    skip(bytes);
    return text;
  }

  void take_part() {
    const char c = code_[0];
    if (c == '"') {
      const std::size_t end = std::min(code_.find('"', 1), code_.size());
      add(Token::kLiteral, code_.substr(1, end - 1));
      skip(end + 1);
    } else if (c == '\\' || c == '_' || c == '*') {
      skip(1);
      if (code_.empty()) return;
      const std::string_view character = taken(character_bytes(code_));
      if (c != '*') add(Token::kLiteral, c == '_' ? " " : character);  // a blank as wide as the character
    } else if (c == '[') {
      const std::size_t end = std::min(code_.find(']'), code_.size());
      take_bracket(code_.substr(1, end - 1));
      skip(end + 1);
    } else if (starts_as(code_, "general")) {
      add(Token::kGeneral, taken(7));
    } else if (c == '@') {
      add(Token::kText, taken(1));
    } else if (is_moment_) {
      take_moment();
    } else {
      take_number();
    }
  }

  // A colour, a condition, a currency with its language, or elapsed time.
  void take_bracket(std::string_view text) {
    if (text.empty()) return;
    if (text[0] == '$') {
      add(Token::kLiteral, text.substr(1, std::min(text.find('-', 1), text.size()) - 1));
    } else if (is_elapsed(text)) {
      section_.moment.elapsed = lower(text[0]);
      section_.moment.time = true;
      section_.moment.seconds = section_.moment.seconds || section_.moment.elapsed == 's';
      before_ = section_.moment.elapsed;
      add(Token::kMoment, text);
    } else if (auto condition = condition_in(text)) {
      section_.condition = condition;
    }
  }

  void take_moment() {
    for (const std::string_view half : {"am/pm", "a/p", "上午/下午"}) {
      if (starts_as(code_, half)) return add(Token::kMoment, taken(half.size()));
    }
    const char c = lower(code_[0]);
    if (is_placeholder(c)) {  // of a second
      std::size_t digits = 0;
      while (digits < code_.size() && is_placeholder(code_[digits])) ++digits;
      section_.moment.second_digits = static_cast<unsigned>(std::min<std::size_t>(digits, 3));
      return add(Token::kMoment, taken(digits));
    }
    if (std::string_view("ymdhsegab").find(c) == std::string_view::npos) {
      const bool is_letter = c >= 'a' && c <= 'z';  // of a day in another language
      return add(is_letter ? Token::kMoment : Token::kLiteral, taken(character_bytes(code_)));
    }
    const bool is_behind_sign =
        !section_.parts.empty() && section_.parts.back().token == Token::kLiteral &&
        std::string_view("./-").find(section_.parts.back().text.back()) != std::string_view::npos;
    const std::string_view run = taken(run_of(code_));
    MomentParts& moment = section_.moment;
    if (c == 'h') moment.time = true;
    if (c == 's') moment.time = moment.seconds = true;
    if (c == 'm' && !is_minute()) moment.day = true;
    if (c == 'm' && is_minute()) moment.time = true;
    const bool is_weekday = run.size() >= 3 && (c == 'd' || (c == 'a' && !is_behind_sign));  // jj/mm/aaaa has a year
    if (c == 'd' || c == 'a') (is_weekday ? moment.weekday : moment.day) = true;
    if (c == 'y' || c == 'e' || c == 'g' || c == 'b') moment.day = true;
    before_ = c;
    add(Token::kMoment, run);
  }
  // An m behind hours or before seconds.
  [[nodiscard]] bool is_minute() const {
    if (before_ == 'h') return true;
    for (std::size_t i = 0; i < code_.size(); ++i) {
      const char c = lower(code_[i]);
      if (c == '"') {
        i = std::min(code_.find('"', i + 1), code_.size());
      } else if (std::string_view("ymdhseg").find(c) != std::string_view::npos) {
        return c == 's';
      }
    }
    return false;
  }

  void take_number() {
    const char c = code_[0];
    if (is_placeholder(c)) {
      add(behind_point_ ? Token::kFraction : Token::kWhole, taken(1));
      ++(behind_point_ ? section_.fraction_digits : section_.whole_digits);
    } else if (c == '.' && !behind_point_) {
      behind_point_ = true;
      add(Token::kPoint, taken(1));
    } else if (c == ',' && section_.whole_digits > 0) {
      take_commas();
    } else if (c == '%') {
      ++section_.percents;
      add(Token::kPercent, taken(1));
    } else if (lower(c) == 'e' && code_.size() > 2 && (code_[1] == '+' || code_[1] == '-')) {
      std::size_t end = 2;
      while (end < code_.size() && is_placeholder(code_[end])) ++end;
      add(Token::kExponent, taken(end));
    } else if (c == '/' && code_.size() > 1 && last_is_placeholder() &&
               (is_placeholder(code_[1]) || is_digit(code_[1]))) {
      skip(1);
      std::size_t end = 1;
      while (end < code_.size() && (is_placeholder(code_[end]) || is_digit(code_[end]))) ++end;
      add(Token::kDenominator, taken(end));
    } else {
      add(Token::kLiteral, taken(character_bytes(code_)));
    }
  }
  [[nodiscard]] bool last_is_placeholder() const {
    return !section_.parts.empty() && section_.parts.back().token == Token::kWhole;
  }
  // Between digits they group, behind the last they divide.
  void take_commas() {
    std::size_t count = 0;
    while (count < code_.size() && code_[count] == ',') ++count;
    skip(count);
    if (!behind_point_ && !code_.empty() && is_placeholder(code_[0])) {
      section_.is_grouped = true;
    } else {
      section_.thousands += static_cast<unsigned>(count);
    }
  }
  // The digits before a slash were taken for whole ones.
  void take_numerator(std::size_t denominator) {
    std::size_t first = denominator;
    while (first > 0 && section_.parts[first - 1].token == Token::kWhole) --first;
    section_.whole_digits -= static_cast<unsigned>(denominator - first);
    section_.parts.erase(section_.parts.begin() + static_cast<std::ptrdiff_t>(first) + 1,
                         section_.parts.begin() + static_cast<std::ptrdiff_t>(denominator));
    section_.parts[first].token = Token::kNumerator;
  }

  std::string_view code_;
  bool is_moment_;
  FormatSection section_;
  bool behind_point_ = false;
  char before_ = 0;  // the last letter of a moment
};

}  // namespace

bool FormatCondition::holds(double number) const {
  switch (relation) {
    case Relation::kBelow: return number < bound;
    case Relation::kAtMost: return number <= bound;
    case Relation::kEqual: return number == bound;
    case Relation::kUnequal: return number != bound;
    case Relation::kAtLeast: return number >= bound;
    case Relation::kAbove: return number > bound;
  }
  return false;
}

bool FormatCondition::is_of_negatives() const {
  return (relation == Relation::kBelow && bound <= 0) || (relation == Relation::kAtMost && bound < 0);
}

bool FormatSection::has(FormatToken token) const {
  return std::any_of(parts.begin(), parts.end(), [&](const FormatPart& part) { return part.token == token; });
}

FormatSection parse_section(std::string_view code) { return SectionParser(code).parse(); }

}  // namespace minions::formats
