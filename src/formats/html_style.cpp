#include "formats/html_style.h"

#include <algorithm>

#include "base/text.h"
#include "formats/charset.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxRules = 20000;
constexpr std::size_t kMaxRulesOfKey = 32;  // each is compared with each element that has the key
constexpr std::size_t kMaxClasses = 64;     // of one element
constexpr std::size_t kMaxDeclarations = 1000;
constexpr int kMaxDepth = 8;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }
bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string without_comments(std::string_view css) {
  std::string rest;
  rest.reserve(css.size());
  while (!css.empty()) {
    const std::size_t begin = std::min(css.find("/*"), css.size());
    rest.append(css.substr(0, begin));
    const std::size_t end = begin == css.size() ? begin : css.find("*/", begin + 2);
    css.remove_prefix(end >= css.size() ? css.size() : end + 2);
  }
  return rest;
}

// `0`, `0px`, `0.0em`, and no other number.
bool is_zero(std::string_view value) {
  if (value.empty() || value.front() != '0') return false;
  const std::size_t end = std::min(value.find_first_not_of("0."), value.size());
  return end == value.size() || !(value[end] >= '1' && value[end] <= '9');
}

Display display_of(std::string_view value) {
  if (value == "none") return Display::kNone;
  if (is_one_of(value, {"inline", "inline-block", "contents", "ruby"})) return Display::kInline;
  if (is_one_of(value, {"block", "list-item", "table", "flow-root", "table-caption"})) return Display::kBlock;
  if (value == "table-row") return Display::kRow;
  if (value == "table-cell") return Display::kCell;
  if (has(value, "flex") || has(value, "grid")) return Display::kFlex;
  return Display::kUnset;
}

White white_of(std::string_view value) {
  if (is_one_of(value, {"pre", "pre-wrap", "break-spaces", "-moz-pre-wrap"})) return White::kKept;
  if (value == "pre-line") return White::kLinesKept;
  return is_one_of(value, {"normal", "nowrap", "initial"}) ? White::kCollapsed : White::kUnset;
}

FontSize font_of(std::string_view value) {
  if (is_zero(value)) return FontSize::kZero;
  const bool relative =
      value.ends_with("em") || value.ends_with('%') || value == "inherit" || value == "larger" || value == "smaller";
  return relative && !value.ends_with("rem") ? FontSize::kRelative : FontSize::kAbsolute;
}

Shift shift_of(std::string_view value) {
  if (value == "super") return Shift::kUp;
  return value == "sub" ? Shift::kDown : Shift::kNone;
}

char list_of(std::string_view value) {
  constexpr std::pair<std::string_view, char> kTypes[] = {
      {"lower-alpha", 'a'}, {"lower-latin", 'a'}, {"upper-alpha", 'A'}, {"upper-latin", 'A'}, {"lower-roman", 'i'},
      {"upper-roman", 'I'}, {"decimal", '1'},     {"disc", '-'},        {"circle", '-'},      {"square", '-'}};
  for (const auto& [name, type] : kTypes) {
    if (has(value, name)) return type;
  }
  return '\0';
}

// What only several declarations together say.
struct Box {
  bool no_height = false;  // max-height
  bool no_extent = false;  // height or width
  bool overflows = false;  // said to be visible
  bool is_cut = false;     // said not to be
  bool is_transparent = false;
  bool is_positioned = false;
  bool is_animated = false;  // what moves is not meant to stay unseen

  [[nodiscard]] bool is_collapsed() const {
    if (is_animated) return false;
    return is_transparent || (no_height && !overflows && !is_positioned) || (no_extent && is_cut);
  }
};

void declare(std::string_view name, std::string_view value, Style& style, Box& box) {
  if (name == "display") {
    if (const Display display = display_of(value); display != Display::kUnset) style.display = display;
  } else if (name == "visibility") {
    style.is_hidden = value == "hidden" || value == "collapse" ? Said::kYes : Said::kNo;
  } else if (name == "mso-hide") {
    if (value == "all") style.display = Display::kNone;
  } else if (name == "font-size") {
    style.font = font_of(value);
  } else if (name == "white-space") {
    style.white = white_of(value);
  } else if (name == "text-decoration" || name == "text-decoration-line") {
    style.is_struck = has(value, "line-through") ? Said::kYes : Said::kNo;
  } else if (name == "vertical-align") {
    style.shift = shift_of(value);
  } else if (name == "list-style-type" || name == "list-style") {
    style.list = list_of(value);
  } else if (name == "opacity") {
    box.is_transparent = is_zero(value);
  } else if (name == "max-height" || name == "max-width") {
    box.no_height |= is_zero(value) && name == "max-height";
    box.no_extent |= is_zero(value);
  } else if (name == "height" || name == "width") {
    box.no_extent |= is_zero(value);
  } else if (name == "overflow" || name == "overflow-y") {
    (value == "visible" ? box.overflows : box.is_cut) = true;
  } else if (name == "position") {
    box.is_positioned = value != "static";
  } else if (name.starts_with("transition") || name.starts_with("animation") || name == "transform" ||
             name == "will-change") {
    box.is_animated = true;
  }
}

// The end of a block that begins after its brace, or of the text.
std::size_t block_end(std::string_view css) {
  int depth = 1;
  std::size_t at = 0;
  for (; at < css.size(); ++at) {
    if (css[at] == '{') ++depth;
    if (css[at] == '}' && --depth == 0) break;
  }
  return at;
}

// Whether rules under it hold for a wide screen, at any rate.
bool holds(std::string_view condition) {
  const std::string lower = lower_case(trimmed(condition.substr(0, 400)));
  if (lower.starts_with("@layer")) return true;
  if (!lower.starts_with("@media")) return false;
  const std::string_view media = trimmed(std::string_view(lower).substr(6));
  return is_one_of(media, {"screen", "all", "only screen", "screen,print", "screen, print", "print, screen", ""});
}

}  // namespace

void Style::apply(const Style& later) {
  if (later.display != Display::kUnset) display = later.display;
  if (later.white != White::kUnset) white = later.white;
  if (later.shift != Shift::kUnset) shift = later.shift;
  if (later.font != FontSize::kUnset) font = later.font;
  if (later.is_hidden != Said::kUnset) is_hidden = later.is_hidden;
  if (later.is_struck != Said::kUnset) is_struck = later.is_struck;
  if (later.is_collapsed != Said::kUnset) is_collapsed = later.is_collapsed;
  if (later.list != '\0') list = later.list;
}

Declarations parse_declarations(std::string_view css) {
  const std::string clean = lower_case(has(css, "/*") ? without_comments(css) : std::string(css));
  std::string_view rest = clean;
  Declarations found;
  Box box;
  for (std::size_t count = 0; !rest.empty() && count < kMaxDeclarations; ++count) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view declaration = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t colon = declaration.find(':');
    if (colon == std::string_view::npos) continue;
    std::string value(trimmed(declaration.substr(colon + 1)));
    const std::size_t mark = value.find('!');
    const bool important = mark != std::string::npos && has(std::string_view(value).substr(mark), "important");
    if (mark != std::string::npos) value = trimmed(std::string_view(value).substr(0, mark));
    declare(trimmed(declaration.substr(0, colon)), value, important ? found.important : found.normal, box);
  }
  if (box.is_collapsed()) found.normal.is_collapsed = Said::kYes;
  return found;
}

void StyleSheet::add(std::string_view css) { add_rules(without_comments(css), 0); }

void StyleSheet::add_rules(std::string_view css, int depth) {
  while (!css.empty() && rules_.size() < kMaxRules) {
    const std::size_t brace = css.find_first_of("{;}");
    if (brace == std::string_view::npos) return;
    const std::string_view head = css.substr(0, brace);
    const char what = css[brace];
    css.remove_prefix(brace + 1);
    if (what != '{') continue;  // `@import ...;`, or a brace too many
    const std::size_t end = block_end(css);
    const std::string_view block = css.substr(0, end);
    css.remove_prefix(std::min(end + 1, css.size()));
    const std::size_t begin = head.find_first_not_of(" \t\r\n\f<!->");
    if (begin == std::string_view::npos) continue;
    if (head[begin] != '@') {
      add_rule(head.substr(begin), block);
    } else if (depth < kMaxDepth && holds(head.substr(begin))) {
      add_rules(block, depth + 1);
    }
  }
}

void StyleSheet::add_rule(std::string_view selectors, std::string_view declarations) {
  const Declarations says = parse_declarations(declarations);
  const auto is_silent = [](const Style& style) {
    return style.display == Display::kUnset && style.white == White::kUnset && style.shift == Shift::kUnset &&
           style.font == FontSize::kUnset && style.is_hidden == Said::kUnset && style.is_struck == Said::kUnset &&
           style.is_collapsed == Said::kUnset && style.list == '\0';
  };
  if (is_silent(says.normal) && is_silent(says.important)) return;
  while (!selectors.empty() && rules_.size() < kMaxRules) {
    const std::size_t end = std::min(selectors.find(','), selectors.size());
    Rule rule;
    const bool simple = parse_selector(selectors.substr(0, end), rule);
    selectors.remove_prefix(std::min(end + 1, selectors.size()));
    if (!simple) continue;
    const std::string key = !rule.id.empty()        ? "#" + rule.id
                            : !rule.classes.empty() ? "." + rule.classes.front()
                                                    : rule.tag;
    std::vector<std::uint32_t>& of_key = by_key_[key];
    if (of_key.size() >= kMaxRulesOfKey) continue;
    of_key.push_back(static_cast<std::uint32_t>(rules_.size()));
    rule.says = says;
    rules_.push_back(std::move(rule));
  }
}

// `p`, `.a`, `#b`, `p.a.b`; false for all that depends on more than the element itself.
bool StyleSheet::parse_selector(std::string_view selector, Rule& to) {
  const std::string text(trimmed(selector.substr(0, 200)));
  if (text.empty() || text.find_first_of(" \t\r\n>+~:[*\\") != std::string::npos) return false;
  std::size_t at = 0;
  while (at < text.size()) {
    const char kind = text[at];
    const std::size_t begin = kind == '.' || kind == '#' ? at + 1 : at;
    at = std::min(text.find_first_of(".#", begin), text.size());
    std::string name = text.substr(begin, at - begin);
    if (name.empty()) return false;
    if (kind == '.') {
      to.classes.push_back(std::move(name));
      to.specificity += 100;
    } else if (kind == '#') {
      to.id = std::move(name);
      to.specificity += 10000;
    } else {
      to.tag = lower_case(name);
      to.specificity += 1;
    }
  }
  return true;
}

void StyleSheet::collect(const std::string& key, std::string_view tag, std::string_view id,
                         const std::vector<std::string>& classes, std::vector<const Rule*>& to) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  for (const std::uint32_t index : found->second) {
    const Rule& rule = rules_[index];
    const bool fits = (rule.tag.empty() || rule.tag == tag) && (rule.id.empty() || rule.id == id) &&
                      std::all_of(rule.classes.begin(), rule.classes.end(), [&](const std::string& name) {
                        return std::find(classes.begin(), classes.end(), name) != classes.end();
                      });
    if (fits) to.push_back(&rule);
  }
}

Style StyleSheet::style_of(std::string_view tag, std::string_view id, std::string_view classes,
                           std::string_view declarations) const {
  std::vector<const Rule*> rules;
  if (!rules_.empty()) {
    std::vector<std::string> names;
    while (!classes.empty() && names.size() < kMaxClasses) {
      const std::size_t begin = std::min(classes.find_first_not_of(" \t\r\n\f"), classes.size());
      classes.remove_prefix(begin);
      const std::size_t end = std::min(classes.find_first_of(" \t\r\n\f"), classes.size());
      if (end > 0) names.emplace_back(classes.substr(0, end));
      classes.remove_prefix(end);
    }
    collect(std::string(tag), tag, id, names, rules);
    if (!id.empty()) collect("#" + std::string(id), tag, id, names, rules);
    for (const std::string& name : names) collect("." + name, tag, id, names, rules);
    // In the order of the sheet where equally specific: rules lie in that order.
    std::sort(rules.begin(), rules.end(), [](const Rule* a, const Rule* b) {
      return a->specificity != b->specificity ? a->specificity < b->specificity : a < b;
    });
  }
  const Declarations own = declarations.empty() ? Declarations() : parse_declarations(declarations);
  Style style;
  for (const Rule* rule : rules) style.apply(rule->says.normal);
  style.apply(own.normal);
  for (const Rule* rule : rules) style.apply(rule->says.important);
  style.apply(own.important);
  return style;
}

}  // namespace minions::formats
