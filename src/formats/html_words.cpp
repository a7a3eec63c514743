#include "formats/html_words.h"

#include <algorithm>

#include "base/text.h"
#include "formats/charset.h"
#include "formats/html_math.h"

namespace minions::formats {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
bool are_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

// Calls `enter` with each node below in document order; where it returns false, it goes no deeper.
template <class Enter>
void walk(const GumboNode& root, Enter enter) {
  std::vector<std::pair<const GumboNode*, unsigned>> open = {{&root, 0}};
  while (!open.empty()) {
    auto& [node, next] = open.back();
    if (next == children(*node)) {
      open.pop_back();
      continue;
    }
    const GumboNode& inner = child(*node, next++);
    if (enter(inner) && children(inner) > 0) open.emplace_back(&inner, 0);
  }
}

bool is_for_screens(const GumboNode& style) {
  const std::string media = lower_case(attribute_or_empty(style, "media").substr(0, 100));
  const bool narrow = media.find("width") != std::string::npos;
  return !narrow &&
         (media.empty() || media.find("screen") != std::string::npos || media.find("all") != std::string::npos);
}

// iXBRL: what its readers need and people do not see. Data for programs in Word's pages. A closed dialogue.
bool is_unseen_by_name(const GumboNode& element, const Style& style) {
  if (element.v.element.tag != GUMBO_TAG_UNKNOWN) return false;
  const std::string name = tag_name(element);
  if (name == "dialog") return attribute(element, "open") == nullptr && style.display == Display::kUnset;
  return is_one_of(name, {"ix:header", "ix:hidden", "ix:references", "ix:resources", "xml"});
}

// The front of it, at most this long by a few bytes.
std::string_view whole_characters(std::string_view text, std::size_t bytes) {
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) ++bytes;
  return text.substr(0, bytes);
}

// The mark of a note leads to it, or says so.
bool is_note(const GumboNode& element) {
  const auto says_so = [](const GumboNode& node) {
    for (const char* name : {"class", "id", "role", "epub:type"}) {
      const std::string value = lower_case(attribute_or_empty(node, name).substr(0, 200));
      for (const std::string_view word : {"footnote", "noteref", "endnote", "reference", "fnref", "cite"}) {
        if (value.find(word) != std::string::npos) return true;
      }
    }
    return node.v.element.tag == GUMBO_TAG_A && attribute_or_empty(node, "href").find('#') != std::string_view::npos;
  };
  bool found = says_so(element) || (element.parent != nullptr && is_element(*element.parent) &&
                                    element.parent->v.element.tag == GUMBO_TAG_A && says_so(*element.parent));
  walk(element, [&](const GumboNode& node) {
    if (!found && is_element(node)) found = says_so(node);
    return !found;
  });
  return found;
}

// The first byte that stands directly after it, in its parent; 0 without one.
char byte_after(const GumboNode& element) {
  const GumboNode* const parent = element.parent;
  if (parent == nullptr || !is_element(*parent) || element.index_within_parent + 1 >= children(*parent)) return '\0';
  const GumboNode& next = child(*parent, static_cast<unsigned>(element.index_within_parent) + 1);
  if (!is_text(next)) return '\0';
  const std::string_view text = text_of(next);
  if (text.starts_with("\xE2\x81\x84")) return '/';  // U+2044 fraction slash
  return text.empty() ? '\0' : text.front();
}

}  // namespace

StyleSheet style_sheet_of(const GumboNode& root) {
  StyleSheet sheet;
  walk(root, [&](const GumboNode& node) {
    if (!is_element(node) || node.type == GUMBO_NODE_TEMPLATE) return false;
    if (node.v.element.tag != GUMBO_TAG_STYLE) return true;
    for (unsigned i = 0; i < children(node) && is_for_screens(node); ++i) {
      if (is_text(child(node, i))) sheet.add(text_of(child(node, i)));
    }
    return false;
  });
  return sheet;
}

Style style_of(const GumboNode& element, const StyleSheet& sheet) {
  const std::string_view own = attribute_or_empty(element, "style");
  if (own.empty() && sheet.is_empty()) return {};
  return sheet.style_of(tag_name(element), attribute_or_empty(element, "id"), attribute_or_empty(element, "class"),
                        own);
}

bool is_left_out(const GumboNode& element, const Style& style) {
  switch (element.v.element.tag) {
    case GUMBO_TAG_HTML:
    case GUMBO_TAG_BODY: return false;  // hidden until a script has run
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_DATALIST:
    case GUMBO_TAG_RP:
    case GUMBO_TAG_VIDEO:
    case GUMBO_TAG_AUDIO:
    case GUMBO_TAG_CANVAS:
    case GUMBO_TAG_NOEMBED: return true;
    case GUMBO_TAG_TEMPLATE: return attribute(element, "shadowrootmode") == nullptr;
    default: break;
  }
  const bool is_off = attribute(element, "hidden") != nullptr || attribute(element, "popover") != nullptr;
  return style.display == Display::kNone || (is_off && style.display == Display::kUnset) ||
         style.is_collapsed == Said::kYes || is_unseen_by_name(element, style);
}

void inherit(const Style& style, Inherited& to) {
  if (style.white != White::kUnset) to.white = style.white;
  if (style.is_hidden != Said::kUnset) to.is_hidden = style.is_hidden == Said::kYes;
  if (style.font == FontSize::kZero) to.is_tiny = true;
  if (style.font == FontSize::kAbsolute) to.is_tiny = false;
  to.is_flex = style.display == Display::kFlex;
}

std::string words_in(const GumboNode& element, const StyleSheet& sheet, std::size_t limit_bytes) {
  std::string words;
  walk(element, [&](const GumboNode& node) {
    if (words.size() > limit_bytes) return false;
    if (is_text(node)) {
      words += whole_characters(text_of(node), limit_bytes + 1);
    } else if (is_element(node)) {
      if (node.v.element.tag == GUMBO_TAG_BR) words += ' ';
      return !is_left_out(node, style_of(node, sheet));
    }
    return true;
  });
  std::string line;
  for (const char c : trimmed(words)) {
    const bool blank = kWhiteSpace.find(c) != std::string_view::npos;
    if (!blank)
      line += c;
    else if (line.back() != ' ')
      line += ' ';
  }
  return line;
}

std::string words_of_input(const GumboNode& input) {
  const std::string type = lower_case(attribute_or_empty(input, "type").substr(0, 20));
  if (type == "checkbox" || type == "radio") return attribute(input, "checked") != nullptr ? "[x]" : "[ ]";
  if (type == "image") return std::string(attribute_or_empty(input, "alt"));
  if (is_one_of(type, {"hidden", "password", "file"})) return {};
  return std::string(attribute_or_empty(input, "value"));
}

std::string words_of_select(const GumboNode& select, const StyleSheet& sheet) {
  constexpr std::size_t kLongestOption = 500;
  std::string chosen;
  const GumboNode* first = nullptr;
  walk(select, [&](const GumboNode& node) {
    if (!is_element(node) || node.v.element.tag != GUMBO_TAG_OPTION) return true;
    const bool disabled = attribute(node, "disabled") != nullptr;
    if (first == nullptr && !disabled) first = &node;
    if (attribute(node, "selected") == nullptr) return false;
    if (attribute(select, "multiple") == nullptr) chosen.clear();  // the last one counts
    if (!chosen.empty()) chosen += ", ";
    chosen += words_in(node, sheet, kLongestOption);
    return false;
  });
  if (chosen.empty() && first != nullptr && attribute(select, "multiple") == nullptr)
    chosen = words_in(*first, sheet, kLongestOption);
  return chosen;
}

std::string raised_words(const GumboNode& element, std::string_view words, char before) {
  if (words.empty()) return {};
  if (is_note(element)) {
    if (words.front() == '[' || words.front() == '(') words.remove_prefix(1);
    if (words.ends_with(']') || words.ends_with(')')) words.remove_suffix(1);
    return "[" + std::string(words) + "]";
  }
  const bool after_digit = is_digit(before);
  if (byte_after(element) == '/' && are_digits(words)) return (after_digit ? " " : "") + std::string(words);  // 2 1/2
  const std::string lower = lower_case(words);
  if (lower == "tm") return "\xE2\x84\xA2";
  if (words.front() == '[') return std::string(words);
  const bool ordinal = after_digit && is_one_of(lower, {"st", "nd", "rd", "th", "er", "re", "e", "\xC3\xA8me",
                                                        "\xC3\xA8re", "nde", "nd", "o", "a", "os", "as"});
  // Marks such as an asterisk, and signs such as TM, cannot be taken for a part of what is before.
  const bool sign = is_one_of(lower, {"sm", "(r)"}) || std::none_of(words.begin(), words.end(), [](char c) {
                      return is_digit(c) || (c < 0x7F && is_letter(c));
                    });
  if (ordinal || sign) return std::string(words);
  const bool after_mark = before != '\0' && !is_digit(before) && !is_letter(before) && before != ')' && before != ']';
  if (after_mark && is_digit(words.front())) return "[" + std::string(words) + "]";
  return "^" + grouped(words);
}

std::string lowered_words(std::string_view words, char before) {
  if (words.empty()) return {};
  const bool formula = (is_letter(before) || before == ')' || before == ']') && are_digits(words);  // CO2, Ca(OH)2
  if (formula || before == '\0' || before == '/' || before == '\x84') return std::string(words);
  return "_" + grouped(words);
}

}  // namespace minions::formats
