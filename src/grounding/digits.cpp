#include "grounding/digits.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace minions::grounding {
namespace {

using Kind = Token::Kind;

}  // namespace

double number_of(std::string_view digits) {
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

double last_round_digit(double value) {
  if (value == 0) return 1;
  double digit = 1;
  while (digit < value && std::fmod(value, digit * 10) == 0) digit *= 10;
  return digit;
}

namespace {

// 1,234.5: three groups and what stands between them.
struct Groups {
  std::vector<std::string_view> groups;
  std::string separators;
  std::size_t tokens = 1;
};

Groups groups_at(std::span<const Token> tokens) {
  constexpr std::size_t kMostGroups = 8;  // more are a list of numbers, of which this is the first
  Groups found{{tokens[0].text}, {}, 1};
  while (found.tokens < tokens.size() && found.groups.size() <= kMostGroups) {
    const Token& next = tokens[found.tokens];
    const bool three = next.kind == Kind::kDigits && next.text.size() == 3;
    // One blank of any width; more separate the columns of a table.
    const bool one_blank = next.begin - tokens[found.tokens - 1].end <= 3;
    if (three && one_blank && next.after_space && !next.after_line && found.groups.front().size() <= 3 &&
        found.separators.find_first_not_of(' ') == std::string::npos) {
      found.separators += ' ';
      found.groups.push_back(next.text);
      ++found.tokens;
      continue;
    }
    const bool separates = next.is_sign(".") || next.is_sign(",") || next.is_sign("'");
    if (!separates || next.after_space || found.tokens + 1 >= tokens.size()) break;
    const Token& more = tokens[found.tokens + 1];
    if (more.kind != Kind::kDigits || more.after_space) break;
    found.separators += next.text;
    found.groups.push_back(more.text);
    found.tokens += 2;
  }
  if (found.groups.size() > kMostGroups) return {{tokens[0].text}, {}, 1};
  return found;
}

}  // namespace

Digits digits_at(std::span<const Token> tokens) {
  const Groups found = groups_at(tokens);
  const std::vector<std::string_view>& groups = found.groups;
  const std::string& separators = found.separators;
  Digits digits;
  digits.tokens = found.tokens;
  std::string joined;
  for (const std::string_view group : groups) joined += group;
  const bool thousands =
      groups.size() > 1 && groups.front().size() <= 3 && groups.front() != "0" &&
      std::all_of(groups.begin() + 1, groups.end(), [](std::string_view group) { return group.size() == 3; });
  const bool one_kind =
      separators.find_first_not_of(separators.empty() ? ' ' : separators.front()) == std::string::npos;
  const auto decimal = [&] {
    std::string text;
    for (std::size_t i = 0; i + 1 < groups.size(); ++i) text += groups[i];
    text += '.';
    text += groups.back();
    digits.values.push_back(number_of(text));
    digits.least_digit = digits.round_digit = std::pow(10.0, -static_cast<double>(groups.back().size()));
  };
  if (groups.size() == 1) {
    digits.values.push_back(number_of(joined));
    digits.round_digit = last_round_digit(digits.values.front());
  } else if (thousands && one_kind) {
    digits.values.push_back(number_of(joined));
    digits.round_digit = last_round_digit(digits.values.front());
    if (groups.size() == 2 && separators != " " && separators != "'") {
      const double round = digits.round_digit;
      decimal();
      digits.least_digit = 1;
      digits.round_digit = round;
    }
  } else if (groups.size() == 2 && separators != " ") {
    decimal();
  } else if (!one_kind && separators.find(separators.back()) == separators.size() - 1) {
    decimal();
  } else {
    digits.is_version = true;
  }
  return digits;
}

double fraction_of(std::string_view sign) {
  if (sign == "\xC2\xBD") return 0.5;
  if (sign == "\xC2\xBC") return 0.25;
  if (sign == "\xC2\xBE") return 0.75;
  if (sign == "\xE2\x85\x93") return 1.0 / 3;
  if (sign == "\xE2\x85\x94") return 2.0 / 3;
  return 0;
}

bool is_ordinal_ending(std::string_view text) {
  for (const std::string_view ending : {"st", "nd", "rd", "th", "er", "e", "eme", "ere", "te", "ten", "ter"}) {
    if (text == ending) return true;
  }
  return false;
}

}  // namespace minions::grounding
