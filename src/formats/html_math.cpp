#include "formats/html_math.h"

#include <algorithm>

#include "base/text.h"

namespace minions::formats {
namespace {

constexpr int kMaxDepth = 100;                // below, nothing is read
constexpr std::size_t kMaxBytes = 64 * 1024;  // of one formula: each level copies it

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Function application, invisible times, comma and plus: U+2061 to U+2064.
std::string without_invisible_operators(std::string_view text) {
  std::string rest;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool invisible =
        text.substr(i).starts_with("\xE2\x81") && i + 2 < text.size() && text[i + 2] >= '\xA1' && text[i + 2] <= '\xA4';
    if (invisible)
      i += 2;
    else
      rest += text[i];
  }
  return rest;
}

// Marks over and under a letter, which are no limits.
bool is_accent(std::string_view mark) {
  return is_one_of(mark, {"\xC2\xAF", "\xE2\x80\xBE", "^", "\xCB\x86", "~", "\xCB\x9C", "\xE2\x86\x92", ".", "\xCB\x99",
                          "\xC2\xA8", "_", "\xE2\x8F\x9E", "\xE2\x8F\x9F"});
}

class MathReader {
 public:
  std::string read(const GumboNode& node, int depth) {
    if (is_text(node)) return without_invisible_operators(trimmed(text_of(node)));
    if (!is_element(node) || depth > kMaxDepth || spent_ > kMaxBytes) return {};
    std::string line = element(node, tag_name(node), depth);
    spent_ += line.size();
    return line;
  }

 private:
  std::string element(const GumboNode& node, std::string_view name, int depth) {
    if (is_one_of(name, {"annotation", "annotation-xml", "mphantom", "maligngroup", "malignmark"})) return {};
    if (name == "mspace") return " ";
    if (name == "mfrac") return grouped(part(node, 0, depth)) + "/" + grouped(part(node, 1, depth));
    if (name == "msqrt") return "sqrt(" + row(node, "", depth) + ")";
    if (name == "mroot") return "root(" + part(node, 1, depth) + ", " + part(node, 0, depth) + ")";
    if (name == "msup") return base(node, depth) + raised(part(node, 1, depth), '^');
    if (name == "msub") return base(node, depth) + raised(part(node, 1, depth), '_');
    if (name == "msubsup" || name == "munderover")
      return base(node, depth) + raised(part(node, 1, depth), '_') + raised(part(node, 2, depth), '^');
    if (name == "mover" || name == "munder") return limits(node, name == "mover" ? '^' : '_', depth);
    if (name == "mtable") return "[" + row(node, "; ", depth) + "]";
    if (name == "mtr" || name == "mlabeledtr") return row(node, ", ", depth);
    if (name == "mfenced") return fenced(node, depth);
    if (name == "semantics" || name == "maction") return part(node, 0, depth);
    if (name == "ms") return "\"" + row(node, "", depth) + "\"";
    return row(node, "", depth);
  }

  std::string row(const GumboNode& node, std::string_view between, int depth) {
    std::string line;
    for (unsigned i = 0; i < children(node); ++i) {
      const std::string next = read(child(node, i), depth + 1);
      if (next.empty()) continue;
      const bool is_joined = !line.empty() && between.empty() && is_text_of(child(node, i)) && line.back() != ' ';
      if (is_joined) line += ' ';
      if (!line.empty()) line += between;
      line += next;
    }
    return line;
  }
  // Words in a formula stand apart.
  static bool is_text_of(const GumboNode& node) { return is_element(node) && node.v.element.tag == GUMBO_TAG_MTEXT; }

  // The child elements count, not the white space between.
  std::string part(const GumboNode& node, unsigned wanted, int depth) {
    for (unsigned i = 0; i < children(node); ++i) {
      const GumboNode& next = child(node, i);
      if (is_element(next) && wanted-- == 0) return read(next, depth + 1);
    }
    return {};
  }
  std::string base(const GumboNode& node, int depth) {
    const std::string base = part(node, 0, depth);
    const bool plain = std::all_of(base.begin(), base.end(), is_word_byte) || base.starts_with('(') ||
                       base.starts_with('[') || base.size() == 1;
    return plain ? base : "(" + base + ")";
  }
  static std::string raised(const std::string& text, char mark) {
    return text.empty() ? std::string() : mark + grouped(text);
  }
  std::string limits(const GumboNode& node, char mark, int depth) {
    const std::string over = part(node, 1, depth);
    if (is_accent(over)) return part(node, 0, depth);
    return part(node, 0, depth) + raised(over, mark);
  }
  std::string fenced(const GumboNode& node, int depth) {
    const char* const open = attribute(node, "open");
    const char* const close = attribute(node, "close");
    const char* const separators = attribute(node, "separators");
    std::string between(trimmed(separators == nullptr ? "," : separators).substr(0, 1));
    if (between == ",") between = ", ";
    return (open == nullptr ? "(" : open) + row(node, between, depth) + (close == nullptr ? ")" : close);
  }

  std::size_t spent_ = 0;
};

}  // namespace

std::string grouped(std::string_view text) {
  if (text.empty()) return {};
  const std::string_view number = text.substr(text.front() == '-' || text.front() == '+' ? 1 : 0);
  const bool enclosed = text.front() == '(' && text.find(')') == text.size() - 1;
  const bool one = enclosed || std::all_of(number.begin(), number.end(), is_word_byte);
  return one || text.size() == 1 ? std::string(text) : "(" + std::string(text) + ")";
}

std::string math_line(const GumboNode& math) { return MathReader().read(math, 0); }

}  // namespace minions::formats
