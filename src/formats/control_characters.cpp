#include "formats/control_characters.h"

#include <algorithm>

namespace minions::formats {
namespace {

constexpr char kEscape = '\x1B';
constexpr char kDelete = '\x7F';
constexpr char kEndOfFile = '\x1A';          // of CP/M and DOS
constexpr std::size_t kLongestTitle = 4096;  // of a sequence that ends with a mark of its own

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == kDelete; }
bool is_layout(char c) { return c == '\t' || c == '\n' || c == '\f' || c == '\r'; }
bool is_between(char c, char first, char last) { return c >= first && c <= last; }

// SOH, STX, ETX and the four separators of ASCII.
bool is_separator(char c) { return is_between(c, '\x01', '\x03') || is_between(c, '\x1C', '\x1F'); }
// Bell, backspace, vertical tab, shifts and escape, as terminals get them.
bool is_of_terminal(char c) {
  return is_between(c, '\a', '\b') || c == '\v' || is_between(c, '\x0E', '\x0F') || c == kEscape;
}

// Blocks of an old file system end in zeros, and DOS marked the end; a log that was cut while it was written begins
// with zeros.
std::string_view without_padding(std::string_view text) {
  constexpr std::string_view kEnds("\0\x1A", 2);
  const std::size_t last = text.find_last_not_of(kEnds);
  if (last == std::string_view::npos) return text;
  text = text.substr(0, last + 1);
  return text.substr(text.find_first_not_of('\0'));
}

// From the escape on; 1 if what follows is no sequence (ECMA-48 sections 5.3 to 5.6).
std::size_t sequence_length(std::string_view text) {
  std::size_t at = 1;
  const auto pass = [&](char first, char last) {
    while (at < text.size() && is_between(text[at], first, last)) ++at;
  };
  const auto end_in = [&](char first, char last) {
    return at < text.size() && is_between(text[at], first, last) ? at + 1 : std::size_t{1};
  };
  if (at == text.size()) return 1;
  const char kind = text[at];
  if (kind == '[') {
    ++at;
    pass('0', '?');
    pass(' ', '/');
    return end_in('@', '~');
  }
  if (kind == ']' || kind == 'P' || kind == 'X' || kind == '^' || kind == '_') {
    const std::string_view rest = text.substr(0, kLongestTitle);
    const std::size_t end = rest.find_first_of("\a\x1B\n", 2);
    if (end == std::string_view::npos || rest[end] == '\n') return 2;
    if (rest[end] == '\a') return end + 1;
    return rest.substr(end).starts_with("\x1B\\") ? end + 2 : end;
  }
  pass(' ', '/');
  return end_in('0', '~');
}

// Writes the text without its controls over itself: what is written is never ahead of what is read.
class Cleaning {
 public:
  explicit Cleaning(std::string& text) : text_(text) {}

  LeftOut run() {
    for (std::size_t at = 0; at < text_.size();) {
      const char c = text_[at];
      at += c == kEscape ? escape(at) : c == '\b' ? backspace(at) : plain(c);
    }
    text_.resize(to_);
    return left_out_;
  }

 private:
  std::size_t escape(std::size_t at) {
    ++left_out_.sequences;
    return sequence_length(std::string_view(text_).substr(at));
  }
  // Bold is `a`, backspace, `a`; underlined is `_`, backspace, `a`, or the other way round.
  std::size_t backspace(std::size_t at) {
    ++left_out_.controls;
    if (to_ == 0 || is_layout(text_[to_ - 1])) return 1;
    if (at + 1 < text_.size() && text_[at + 1] == '_' && text_[to_ - 1] != '_') return 2;
    do --to_;
    while (to_ > 0 && (static_cast<unsigned char>(text_[to_]) & 0xC0) == 0x80);
    return 1;
  }
  std::size_t plain(char c) {
    if (!is_control(c) || is_layout(c)) {
      text_[to_++] = c;
      return 1;
    }
    ++left_out_.controls;
    const bool is_nothing = c == '\0' || c == kDelete || c == kEndOfFile || is_of_terminal(c);
    if (c == '\v') text_[to_++] = '\n';
    if (!is_nothing) text_[to_++] = ' ';
    return 1;
  }

  std::string& text_;
  std::size_t to_ = 0;
  LeftOut left_out_;
};

}  // namespace

bool is_binary(std::string_view text, Evidence evidence) {
  text = without_padding(text);
  std::size_t zeros = 0;
  std::size_t odd = 0;
  char before = '\n';
  for (const char c : text) {
    if (c == '\0') ++zeros;
    // One that stands alone between words separates fields.
    const bool separates = is_separator(c) && (!is_control(before) || is_layout(before) || before == c);
    const bool usual = !is_control(c) || is_layout(c) || c == '\b' || c == kEscape ||
                       (evidence == Evidence::kStrong && (separates || is_of_terminal(c)));
    if (!usual && c != '\0') ++odd;
    before = c;
  }
  const std::size_t limit = evidence == Evidence::kStrong ? 50 : 200;  // one in so many
  return zeros * 100 > text.size() || (odd > 1 && odd * limit > text.size());
}

LeftOut leave_out_controls(std::string& utf8) {
  const bool none = std::none_of(utf8.begin(), utf8.end(), [](char c) { return is_control(c) && !is_layout(c); });
  return none ? LeftOut{} : Cleaning(utf8).run();
}

}  // namespace minions::formats
