#include "formats/raised_text.h"

#include <algorithm>

namespace minions::formats {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return joins_words(c) && !is_digit(c); }
bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  constexpr std::string_view kMinus = "\u2212";
  if (text.starts_with(kMinus)) text.remove_prefix(kMinus.size());
  return all_digits(text);
}
bool is_one_character(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }) == 1;
}

bool is_ordinal_end(std::string_view text) {
  return text == "st" || text == "nd" || text == "rd" || text == "th" || text == "er" || text == "re";
}

// Whether the text reads the same without a mark.
bool is_plain(std::string_view text, Script script, char before, char after) {
  if (script == Script::kSub) return all_digits(text) && (is_letter(before) || before == ')') && !is_digit(after);
  return (is_ordinal_end(text) && is_digit(before) && !joins_words(after)) || text == "\u00AE" || text == "\u2122" ||
         text == "\u00BA" || text == "\u00AA" || text == "\u00B0";
}

std::string in_braces(std::string_view text, Script script) {
  return (script == Script::kSuper ? "^{" : "_{") + std::string(text) + "}";
}

}  // namespace

bool joins_words(char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte & 0x80) != 0;
}

std::string script_mark(std::string_view utf8, Script script) {
  if (script == Script::kNone) return std::string(utf8);
  if (!is_one_character(utf8) && !is_number(utf8)) return in_braces(utf8, script);
  return (script == Script::kSuper ? "^" : "_") + std::string(utf8);
}

std::string with_script_mark(std::string_view utf8, Script script, char before, char after) {
  const std::size_t first = utf8.find_first_not_of(" \t\n");
  if (script == Script::kNone || first == std::string_view::npos) return std::string(utf8);
  const std::size_t end = utf8.find_last_not_of(" \t\n") + 1;
  const std::string_view inner = utf8.substr(first, end - first);
  if (first > 0) before = ' ';
  if (end < utf8.size()) after = ' ';
  std::string marked = is_plain(inner, script, before, after) ? std::string(inner)
                       : joins_words(after)                   ? in_braces(inner, script)
                                                              : script_mark(inner, script);
  return std::string(utf8.substr(0, first)) + marked + std::string(utf8.substr(end));
}

}  // namespace minions::formats
