// The words, figures and signs of a text, folded for comparison: lower case, without accents, full-width forms as
// ASCII, every quotation mark, dash and space as one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace minions::grounding {

struct Token {
  enum class Kind {
    kWord,    // letters of a script with spaces between words
    kDigits,  // ASCII digits
    kHan,     // one character of Chinese, Japanese or Korean
    kSign,    // one of anything else but white space
  };
  Kind kind;
  std::string text;  // folded
  std::size_t begin;
  std::size_t end;  // in the text
  bool after_space = false;
  bool after_line = false;   // a line end stands before it
  bool is_capital = false;   // of words: begins with a capital letter
  bool is_capitals = false;  // of words: two letters or more, all capital

  [[nodiscard]] bool is_sign(std::string_view sign) const { return kind == Kind::kSign && text == sign; }
  [[nodiscard]] bool is_word(std::string_view word) const { return kind == Kind::kWord && text == word; }
};

[[nodiscard]] std::vector<Token> tokens_of(std::string_view text);

// The text as quotations are compared: folded, white space as one space.
[[nodiscard]] std::string folded_text(std::string_view text);

}  // namespace minions::grounding
