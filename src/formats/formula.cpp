#include "formats/formula.h"

#include <algorithm>
#include <array>

#include "formats/raised_text.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxDepth = 200;
constexpr std::size_t kNodeBytes = 16;  // at the least, of a formula's limit

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
// Formatting, and tracked changes of it.
bool is_skipped(std::string_view name) {
  return is_one_of(name, {"rPr", "ctrlPr", "argPr", "del", "moveFrom", "delText", "instrText"});
}
// Elements that stand for what they contain, each apart.
bool is_argument(std::string_view name) {
  return is_one_of(name, {"num", "den", "e", "sup", "sub", "deg", "lim", "fName", "mr"});
}
bool is_structure(std::string_view name) {
  return is_one_of(name, {"f", "sSup", "sSub",  "sSubSup", "sPre", "rad",      "nary", "func",      "limLow", "limUpp",
                          "d", "m",    "eqArr", "acc",     "bar",  "groupChr", "box",  "borderBox", "phant",  "oMath"});
}

bool is_operator(char c) { return c == '+' || c == '-' || c == '*' || c == '/' || c == ' ' || c == '=' || c == ','; }
// Needs no brackets beside a slash or under a power: 12, ab, or in brackets already.
bool is_simple(std::string_view text) {
  constexpr std::array<std::string_view, 6> kSigns = {"\u2212", "\u00B1", "\u00D7", "\u22C5", "\u2213", "\u2264"};
  if (std::none_of(text.begin(), text.end(), is_operator) &&
      std::none_of(kSigns.begin(), kSigns.end(), [&](auto sign) { return text.find(sign) != std::string_view::npos; }))
    return true;
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return false;
  int depth = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    if (depth == 0) return false;  // (a)(b)
  }
  return true;
}
std::string grouped(std::string_view text) {
  return is_simple(text) ? std::string(text) : "(" + std::string(text) + ")";
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
// 1/2a would be half of a.
bool is_product(std::string_view text) {
  return !text.empty() && is_digit(text.front()) &&
         std::any_of(text.begin(), text.end(), [](char c) { return joins_words(c) && !is_digit(c); });
}
bool is_prime(std::string_view text) { return text == "\u2032" || text == "\u2033" || text == "'"; }

}  // namespace

void Formula::start(std::string_view name, const XmlAttributes& attributes) {
  if (skipped_depth_ > 0 || is_skipped(name)) {
    ++skipped_depth_;
  } else if (is_structure(name) || is_argument(name)) {
    if (nodes_.size() >= kMaxDepth) {
      ++too_deep_;
      return;
    }
    nodes_.emplace_back().name = name;
    bytes_ += kNodeBytes;
  } else if (nodes_.empty()) {
    return;
  } else if (name == "t") {
    in_text_ = true;
  } else if (name == "tab" || name == "br") {
    append(nodes_.back().text, " ");
  } else if (name == "chr" || name == "pos") {
    nodes_.back().has_character = true;
    nodes_.back().character = attributes.get("val");
  } else if (name == "begChr") {
    nodes_.back().begin = attributes.get("val");
  } else if (name == "endChr") {
    nodes_.back().end = attributes.get("val");
  } else if (name == "sepChr") {
    nodes_.back().separator = attributes.get("val");
  } else if (name == "type") {
    nodes_.back().type = attributes.get("val");
  }
}

bool Formula::end(std::string_view name) {
  if (skipped_depth_ > 0) {
    --skipped_depth_;
    return false;
  }
  if (name == "t") in_text_ = false;
  if (nodes_.empty()) return false;
  if (!is_structure(name) && !is_argument(name)) return false;
  if (too_deep_ > 0) {
    --too_deep_;
    return false;
  }
  Node node = std::move(nodes_.back());
  nodes_.pop_back();
  std::string text = written(node);
  if (is_structure(name) && name != "oMath") text.insert(0, node.text);
  if (nodes_.empty()) {
    done_ = std::move(text);
    return true;
  }
  Node& parent = nodes_.back();
  if (is_argument(node.name)) {
    parent.arguments.push_back({std::move(node.name), std::move(text)});
  } else {
    append(parent.text, text);
  }
  return false;
}

void Formula::text(std::string_view text) {
  if (!in_text_ || skipped_depth_ > 0 || nodes_.empty()) return;
  append(nodes_.back().text, text);
  bytes_ += text.size();
}

std::string Formula::take() {
  nodes_.clear();
  bytes_ = too_deep_ = 0;
  skipped_depth_ = 0;
  in_text_ = false;
  return std::move(done_);
}

// 2 and 1/2 stay apart, and so do 1/2 and x.
void Formula::append(std::string& to, std::string_view text) {
  if (text.empty()) return;
  if (!to.empty() && joins_words(to.back()) && joins_words(text.front())) {
    const std::string_view end = std::string_view(to).substr(to.size() - std::min<std::size_t>(to.size(), 64));
    const std::size_t mark = end.find_last_of("^_/ ");
    const bool after_mark = mark != std::string_view::npos && end[mark] != ' ';
    const bool numbers = is_digit(to.back()) && is_digit(text.front());
    const std::string_view begin = text.substr(0, 64);
    if (after_mark || begin.find('/') != std::string_view::npos ||
        (numbers && begin.find_first_of("^_") != std::string_view::npos))
      to += ' ';
  }
  to += text;
}

std::string_view Formula::argument(const Node& node, std::string_view name) {
  for (const Argument& argument : node.arguments) {
    if (argument.name == name) return argument.text;
  }
  return {};
}

std::string Formula::fraction(const Node& node) {
  const std::string_view over = argument(node, "num");
  const std::string_view under = argument(node, "den");
  if (node.type == "noBar") return "(" + std::string(over) + " over " + std::string(under) + ")";
  return grouped(over) + "/" + (is_product(under) ? "(" + std::string(under) + ")" : grouped(under));
}

std::string Formula::scripts(const Node& node) {
  std::string marks;
  const std::string_view below = argument(node, node.name == "limLow" ? "lim" : "sub");
  const std::string_view above = argument(node, node.name == "limUpp" ? "lim" : "sup");
  if (!below.empty()) marks += script_mark(below, Script::kSub);
  if (!above.empty()) marks += is_prime(above) ? std::string(above) : script_mark(above, Script::kSuper);
  return marks;
}

std::string Formula::delimited(const Node& node) {
  std::string text = node.begin;
  bool first = true;
  for (const Argument& argument : node.arguments) {
    if (!first) text += node.separator;
    text += argument.text;
    first = false;
  }
  return text + node.end;
}

std::string Formula::accented(const Node& node) {
  constexpr std::string_view kHat = "\u0302";
  constexpr std::string_view kLine = "\u0305";
  const std::string_view base = argument(node, "e");
  if (node.name == "bar") return std::string(base) + std::string(node.character == "top" ? kLine : "\u0332");
  return std::string(base) + (node.has_character ? node.character : std::string(kHat));
}

std::string Formula::written(Node& node) {
  const std::string_view base = argument(node, "e");
  if (node.name == "f") return fraction(node);
  if (node.name == "sSup" || node.name == "sSub" || node.name == "sSubSup") return grouped(base) + scripts(node);
  if (node.name == "sPre") return scripts(node) + std::string(base);
  if (node.name == "limLow" || node.name == "limUpp") return std::string(base) + scripts(node);
  if (node.name == "rad") {
    const std::string_view degree = argument(node, "deg");
    return (degree.empty() ? "\u221A(" : "\u221A[" + std::string(degree) + "](") + std::string(base) + ")";
  }
  if (node.name == "nary") {
    const std::string sign = node.has_character ? node.character : "\u222B";
    return sign + scripts(node) + " " + std::string(base);
  }
  if (node.name == "func") return std::string(argument(node, "fName")) + " " + grouped(base);
  if (node.name == "d") return delimited(node);
  if (node.name == "acc" || node.name == "bar") return accented(node);
  if (node.name == "m" || node.name == "eqArr" || node.name == "mr") {
    std::string text;
    for (const Argument& argument : node.arguments) {
      if (!text.empty()) text += node.name == "mr" ? ", " : "; ";
      text += argument.text;
    }
    return node.name == "m" ? "[" + text + "]" : text;
  }
  if (is_argument(node.name) || node.name == "oMath") return std::move(node.text);
  return std::string(base);  // without the boxes and braces around it
}

}  // namespace minions::formats
