#include "formats/xml_filter.h"

#include <charconv>

namespace minions::formats {
namespace {

constexpr std::size_t kLongestReference = 16;  // as far as leading zeros go in practice

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; }

bool is_allowed(std::uint32_t code_point) {
  if (code_point < 0x20) return code_point == '\t' || code_point == '\n' || code_point == '\r';
  return code_point < 0xD800 || (code_point >= 0xE000 && code_point < 0xFFFE) ||
         (code_point >= 0x10000 && code_point <= 0x10FFFF);
}

// Of `&#12` or `&#xC`; allowed if it is no number, which is the parser's to refuse.
bool names_allowed(std::string_view reference) {
  reference.remove_prefix(2);
  const bool hex = reference.starts_with('x');
  if (hex) reference.remove_prefix(1);
  std::uint32_t value = 0;
  const char* const end = reference.data() + reference.size();
  const auto [stopped, error] = std::from_chars(reference.data(), end, value, hex ? 16 : 10);
  return error != std::errc() || stopped != end || is_allowed(value);
}

}  // namespace

ByteView XmlFilter::feed(ByteView bytes) {
  constexpr std::uint64_t kMarkBytes = 2;
  if (is_wide_) return bytes;
  out_.clear();
  std::string_view text = as_text(bytes);
  while (!text.empty()) {
    std::size_t plain = 0;
    if (reference_.empty() && seen_ >= kMarkBytes) {
      while (plain < text.size() && text[plain] != '&' && !is_control(text[plain])) ++plain;
    }
    out_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    take(text.front());
    text.remove_prefix(1);
    if (is_wide_) {
      out_ += text;
      break;
    }
  }
  return as_bytes(out_);
}

ByteView XmlFilter::finish() {
  out_ = std::move(reference_);
  reference_.clear();
  return as_bytes(out_);
}

void XmlFilter::take(char c) {
  if (seen_ < 2) {
    // A byte order mark, or a `<` of two bytes.
    is_wide_ = seen_ == 1 && ((first_ == '\xFF' && c == '\xFE') || (first_ == '\xFE' && c == '\xFF') ||
                              (first_ == '<' && c == '\0') || (first_ == '\0' && c == '<'));
    if (++seen_ == 1) {
      first_ = c;
      if (c == '\0') {
        out_ += c;
        return;
      }
    }
    if (is_wide_) {
      out_ += c;
      return;
    }
  }
  if (!reference_.empty()) {
    if (c == ';') return end_reference();
    const bool goes_on = reference_.size() == 1 ? c == '#' : c > ' ' && c != '<' && c != '&';
    if (goes_on && reference_.size() < kLongestReference) {
      reference_ += c;
      return;
    }
    out_ += reference_;
    reference_.clear();
  }
  if (c == '&') {
    reference_ = c;
  } else if (is_control(c)) {
    out_ += ' ';
    ++replaced_;
  } else {
    out_ += c;
  }
}

void XmlFilter::end_reference() {
  if (reference_.size() > 2 && !names_allowed(reference_)) {
    out_ += ' ';
    ++replaced_;
  } else {
    out_ += reference_;
    out_ += ';';
  }
  reference_.clear();
}

}  // namespace minions::formats
