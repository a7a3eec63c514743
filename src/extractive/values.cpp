#include "extractive/values.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "extractive/context.h"

namespace minions::extractive {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "1,234.5" as 1234.5; nothing if the digits belong to a word ("Q3", "3rd").
std::optional<double> number_at(std::string_view text, std::size_t& at) {
  const bool inside_word =
      at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 || text[at - 1] == '_');
  std::string digits;
  if (at > 0 && text[at - 1] == '-' && (at == 1 || text[at - 2] == ' ' || text[at - 2] == '(')) digits = "-";
  for (; at < text.size(); ++at) {
    const bool next_is_digit = at + 1 < text.size() && is_digit(text[at + 1]);
    if (is_digit(text[at]) || (text[at] == '.' && next_is_digit)) {
      digits += text[at];
    } else if (text[at] != ',' || !next_is_digit) {
      break;
    }
  }
  if (inside_word || (at < text.size() && std::isalpha(static_cast<unsigned char>(text[at])) != 0)) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string words_of_name(std::string_view name) {
  std::string words;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool hump = i > 0 && c >= 'A' && c <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (hump || c == '_' || c == '-') words += ' ';
    if (c != '_' && c != '-') words += c;
  }
  return words;
}

std::vector<double> numbers_in(std::string_view text) {
  std::vector<double> numbers;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
    } else if (const auto number = number_at(text, at)) {
      numbers.push_back(*number);
    }
  }
  return numbers;
}

std::optional<std::string> date_in(std::string_view text) {
  for (std::size_t at = 0; at + 10 <= text.size(); ++at) {
    const std::string_view date = text.substr(at, 10);
    std::size_t fits = 0;
    while (fits < 10 && (fits == 4 || fits == 7 ? date[fits] == '-' : is_digit(date[fits]))) ++fits;
    if (fits == 10) return std::string(date);
  }
  return std::nullopt;
}

std::optional<std::string> labelled_value(std::string_view text, std::string_view label) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  const auto at = std::search(text.begin(), text.end(), label.begin(), label.end(), same);
  if (at == text.end()) return std::nullopt;
  std::string_view value = text.substr(static_cast<std::size_t>(at - text.begin()) + label.size());
  value = value.substr(0, value.find_first_of(";|"));
  if (value.ends_with('.')) value.remove_suffix(1);
  std::string line = on_one_line(value);
  if (line.empty()) return std::nullopt;
  return line;
}

}  // namespace minions::extractive
