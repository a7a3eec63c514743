#include "formats/html.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "formats/html_flow.h"
#include "formats/html_math.h"
#include "formats/html_table.h"
#include "formats/html_words.h"

namespace minions::formats {
namespace {

constexpr int kMaxPages = 3;  // one inside the other
constexpr std::size_t kIndent = 2;
constexpr std::string_view kDeleted = "[deleted: ";

enum class Break { kNone, kLine, kParagraph };

Break break_of(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_LISTING:
    case GUMBO_TAG_XMP:
    case GUMBO_TAG_PLAINTEXT:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_DIR:
    case GUMBO_TAG_MENU:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_FIELDSET:
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_TITLE: return Break::kParagraph;
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_CENTER:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_HGROUP:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_HR:
    case GUMBO_TAG_BODY:
    case GUMBO_TAG_LEGEND:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_SUMMARY:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_NOFRAMES: return Break::kLine;
    default: return Break::kNone;
  }
}

bool is_heading(GumboTag tag) { return tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6; }
bool is_list(GumboTag tag) {
  return tag == GUMBO_TAG_UL || tag == GUMBO_TAG_OL || tag == GUMBO_TAG_DIR || tag == GUMBO_TAG_MENU;
}
bool is_preformatted(GumboTag tag) {
  return tag == GUMBO_TAG_PRE || tag == GUMBO_TAG_LISTING || tag == GUMBO_TAG_XMP || tag == GUMBO_TAG_PLAINTEXT ||
         tag == GUMBO_TAG_TEXTAREA;
}
bool is_struck(GumboTag tag) { return tag == GUMBO_TAG_DEL || tag == GUMBO_TAG_S || tag == GUMBO_TAG_STRIKE; }

// An integer attribute, within what cannot overflow.
std::optional<long> number_of(const GumboNode& element, const char* name) {
  constexpr long kMost = 1000000000;
  const std::string_view text = trimmed(attribute_or_empty(element, name));
  long number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return std::clamp(number, -kMost, kMost);
}

struct List {
  bool is_ordered = false;
  long number = 1;  // of the next item
  long step = 1;
  char type = '1';
};

List list_of(const GumboNode& element, const Style& style) {
  List list;
  list.is_ordered = element.v.element.tag == GUMBO_TAG_OL;
  if (attribute(element, "reversed") != nullptr) {
    list.step = -1;
    list.number = 0;
    for (unsigned i = 0; i < children(element); ++i) {
      const GumboNode& item = child(element, i);
      if (is_element(item) && item.v.element.tag == GUMBO_TAG_LI) ++list.number;
    }
  }
  list.number = number_of(element, "start").value_or(list.number);
  const std::string_view type = attribute_or_empty(element, "type");
  if (type.size() == 1) list.type = type.front();
  if (style.list != '\0') list.type = style.list;
  return list;
}

class PageText {
 public:
  PageText(HtmlFlow& flow, int depth) : flow_(flow), depth_(depth) {}

  void write(std::string_view utf8) {
    const HtmlTree tree(utf8);
    sheet_ = style_sheet_of(*tree.root());
    visit(*tree.root(), {});
    while (!open_.empty() && flow_.ok()) {
      Open& last = open_.back();
      if (last.next < children(*last.node)) {
        const Inherited inherited = last.inherited;
        visit(child(*last.node, last.next++), inherited);
      } else {
        leave(last);
        open_.pop_back();
      }
    }
  }

 private:
  struct Open {
    const GumboNode* node = nullptr;
    unsigned next = 0;  // child
    Inherited inherited;
    std::size_t indent_before = 0;
    Break line = Break::kNone;
    std::string_view mark;  // to be closed with `end`
    std::string_view end;
    bool is_row = false;
    bool is_item = false;
    bool stands_apart = false;
  };

  void visit(const GumboNode& node, Inherited inherited) {
    if (is_text(node)) {
      text(text_of(node), inherited);
      return;
    }
    if (!is_element(node)) return;
    const Style style = formats::style_of(node, sheet_);
    if (is_left_out(node, style)) return;
    Open open;
    open.node = &node;
    open.stands_apart = inherited.is_flex;
    open.indent_before = inherited.indent;
    inherit(style, inherited);
    open.inherited = inherited;
    if (node.v.element.tag_namespace == GUMBO_NAMESPACE_SVG) {
      enter_drawing(open);
    } else if (!is_written(open, style)) {
      enter(open, style);
    }
  }

  void text(std::string_view text, const Inherited& inherited) {
    if (!inherited.is_seen()) return;
    switch (inherited.white) {
      case White::kKept: flow_.kept(text); break;
      case White::kLinesKept: flow_.kept_lines(text); break;
      case White::kUnset:
      case White::kCollapsed: flow_.words(text); break;
    }
  }

  // Writes an element whose children are not to be visited.
  [[nodiscard]] bool is_written(const Open& open, const Style& style) {
    const GumboNode& node = *open.node;
    const bool seen = open.inherited.is_seen();
    switch (node.v.element.tag) {
      case GUMBO_TAG_BR:
        if (seen) flow_.line_break();
        return true;
      case GUMBO_TAG_HR: rule(seen); return true;
      case GUMBO_TAG_IMG:
        if (const std::string_view alt = trimmed(attribute_or_empty(node, "alt")); !alt.empty() && seen)
          flow_.words("[" + std::string(alt) + "]");
        return true;
      case GUMBO_TAG_INPUT: apart(seen ? words_of_input(node) : std::string()); return true;
      case GUMBO_TAG_SELECT: apart(seen ? words_of_select(node, sheet_) : std::string()); return true;
      case GUMBO_TAG_MATH: flow_.words(seen ? math_line(node) : std::string()); return true;
      case GUMBO_TAG_IFRAME: inner_page(attribute_or_empty(node, "srcdoc"), seen); return true;
      case GUMBO_TAG_NOFRAMES: inner_page(characters_in(node), seen); return true;
      case GUMBO_TAG_NOSCRIPT:
        if (!holds_only_characters(node)) return false;
        inner_page(characters_in(node), seen);
        return true;
      default: return is_shifted(open, style);
    }
  }

  [[nodiscard]] bool is_shifted(const Open& open, const Style& style) {
    constexpr std::size_t kLongest = 60;  // longer is text of its own
    const GumboTag tag = open.node->v.element.tag;
    const bool up = tag == GUMBO_TAG_SUP ? style.shift != Shift::kNone : style.shift == Shift::kUp;
    const bool down = tag == GUMBO_TAG_SUB ? style.shift != Shift::kNone : style.shift == Shift::kDown;
    if ((!up && !down) || !open.inherited.is_seen()) return false;
    if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) return false;
    const std::string words = words_in(*open.node, sheet_, kLongest);
    if (words.size() > kLongest) {
      flow_.space();
      return false;
    }
    flow_.words(up ? raised_words(*open.node, words, flow_.last()) : lowered_words(words, flow_.last()));
    return true;
  }

  void rule(bool seen) {
    flow_.end_line();
    if (!flow_.in_row() && seen && !flow_.writer().page_is_blank()) flow_.piece("---");
    flow_.end_line();
  }
  void apart(std::string_view words) {
    flow_.space();
    flow_.words(words);
    flow_.space();
  }

  [[nodiscard]] static bool holds_only_characters(const GumboNode& node) {
    return children(node) == 1 && is_text(child(node, 0)) &&
           text_of(child(node, 0)).find('<') != std::string_view::npos;
  }
  [[nodiscard]] static std::string_view characters_in(const GumboNode& node) {
    return children(node) > 0 && is_text(child(node, 0)) ? text_of(child(node, 0)) : std::string_view();
  }
  void inner_page(std::string_view html, bool seen) {
    if (html.empty() || !seen) return;
    flow_.end_line();
    if (depth_ < kMaxPages)
      PageText(flow_, depth_ + 1).write(html);
    else
      flow_.words("[not read: a page inside of pages]");
    flow_.end_line();
  }

  // SVG: its texts, and its title as that of a picture.
  void enter_drawing(Open& open) {
    const GumboNode& node = *open.node;
    const std::string name = tag_name(node);
    const bool titles = name == "title" || name == "desc";
    if (name == "defs" || name == "metadata" || name == "symbol" || name == "clippath" || name == "mask") return;
    if (titles) {
      const bool of_all =
          node.parent != nullptr && is_element(*node.parent) && node.parent->v.element.tag == GUMBO_TAG_SVG;
      const std::string words = of_all && !open.inherited.is_hidden ? words_in(node, sheet_, 1000) : std::string();
      if (!words.empty()) apart("[" + words + "]");
      return;
    }
    if (name == "svg") open.inherited.is_drawing = true;
    if (name == "text" || name == "foreignobject") {
      open.inherited.is_drawing = false;
      open.stands_apart = true;
      flow_.space();
    }
    open_.push_back(std::move(open));
  }

  void enter(Open& open, const Style& style) {
    const GumboNode& node = *open.node;
    const GumboTag tag = node.v.element.tag;
    open.line = break_of(tag);
    if (open.line == Break::kNone && (style.display == Display::kBlock || style.display == Display::kFlex))
      open.line = Break::kLine;
    const bool inside = !lists_.empty() || !tables_.empty();
    if (open.line == Break::kParagraph && inside && (is_list(tag) || tag == GUMBO_TAG_TABLE || !lists_.empty()))
      open.line = Break::kLine;
    if (tag == GUMBO_TAG_BUTTON || tag == GUMBO_TAG_TEXTAREA || tag == GUMBO_TAG_NOSCRIPT) open.stands_apart = true;
    if (open.stands_apart) flow_.space();
    break_line(open.line);
    if (is_preformatted(tag) && style.white == White::kUnset) open.inherited.white = White::kKept;
    if (tag == GUMBO_TAG_TABLE) {
      tables_.emplace_back(node);
      open.inherited.white = White::kCollapsed;
    }
    if (is_list(tag)) lists_.push_back(list_of(node, style));
    if (tag == GUMBO_TAG_DD) open.inherited.indent += kIndent;
    if (tag == GUMBO_TAG_LI) begin_item(open, style);
    enter_row(open, style);
    mark(open, style);
    flow_.indent(open.inherited.indent);
    open_.push_back(std::move(open));
  }

  void begin_item(Open& open, const Style& style) {
    open.is_item = true;
    const std::size_t indent = open.inherited.indent;
    open.inherited.indent += kIndent;
    if (lists_.empty() || !lists_.back().is_ordered || lists_.back().type == '-') {
      flow_.begin_item(flow_.in_row() ? "" : "- ", indent);
      return;
    }
    List& list = lists_.back();
    list.number = number_of(*open.node, "value").value_or(list.number);
    const std::string_view type = attribute_or_empty(*open.node, "type");
    const char shown = style.list != '\0' ? style.list : type.size() == 1 ? type.front() : list.type;
    flow_.begin_item(item_number(list.number, shown), indent);
    list.number += list.step;
  }

  void enter_row(Open& open, const Style& style) {
    const GumboTag tag = open.node->v.element.tag;
    if (tag == GUMBO_TAG_TR && !tables_.empty()) {
      tables_.back().begin_row();
      open.is_row = !flow_.in_row() && tables_.back().is_one_line(*open.node);
      if (open.is_row)
        flow_.begin_row();
      else
        flow_.end_line();
    } else if ((tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) && !tables_.empty()) {
      const std::size_t column = tables_.back().place(*open.node);
      if (!open_.empty() && open_.back().is_row) {
        flow_.cell(column);
      } else if (flow_.in_row()) {
        open.stands_apart = true;
        flow_.space();
      } else {
        open.line = Break::kLine;
        flow_.end_line();
      }
    } else if (style.display == Display::kRow && !flow_.in_row()) {
      open.is_row = true;
      next_column_ = 0;
      flow_.begin_row();
    } else if (style.display == Display::kCell && !open_.empty() && open_.back().is_row) {
      flow_.cell(next_column_++);
    }
  }

  // What stands before and after the words of an element.
  void mark(Open& open, const Style& style) {
    constexpr std::string_view kHashes = "###### ";
    const GumboTag tag = open.node->v.element.tag;
    const bool struck = (is_struck(tag) && style.is_struck != Said::kNo) || style.is_struck == Said::kYes;
    if (is_heading(tag) && !flow_.in_row()) {
      open.mark = kHashes.substr(static_cast<std::size_t>(GUMBO_TAG_H6 - tag));
    } else if (struck && !open.inherited.is_struck) {
      open.inherited.is_struck = true;
      open.mark = kDeleted;
      open.end = "]";
    } else if (tag == GUMBO_TAG_Q) {
      open.mark = "\xE2\x80\x9C";
      open.end = "\xE2\x80\x9D";
    } else if (tag == GUMBO_TAG_RT || tag == GUMBO_TAG_RTC) {
      open.mark = "(";
      open.end = ")";
    }
    if (!open.mark.empty()) flow_.open(open.mark);
  }

  void leave(const Open& open) {
    const GumboTag tag = open.node->v.element.tag;
    if (!open.mark.empty()) flow_.close(open.mark, open.end);
    if (open.is_item) flow_.end_item();
    if (tag == GUMBO_TAG_TR && !tables_.empty()) tables_.back().end_row();
    if (open.is_row)
      flow_.end_row();
    else if (tag == GUMBO_TAG_TR)
      flow_.end_line();
    if (tag == GUMBO_TAG_TBODY || tag == GUMBO_TAG_THEAD || tag == GUMBO_TAG_TFOOT) end_group();
    if (tag == GUMBO_TAG_TABLE) tables_.pop_back();
    if (is_list(tag)) lists_.pop_back();
    break_line(open.line);
    if (open.stands_apart) flow_.space();
    flow_.indent(open.indent_before);
  }

  void end_group() {
    if (!tables_.empty()) tables_.back().end_group();
  }
  void break_line(Break line) {
    if (line == Break::kLine) flow_.end_line();
    if (line == Break::kParagraph) flow_.end_paragraph();
  }

  HtmlFlow& flow_;
  int depth_;
  StyleSheet sheet_;
  std::vector<Open> open_;
  std::vector<List> lists_;
  std::vector<HtmlTable> tables_;
  std::size_t next_column_ = 0;  // of a row that is one by its style
};

}  // namespace

void write_html(std::string_view utf8, PageWriter& writer) {
  HtmlFlow flow(writer);
  PageText(flow, 0).write(utf8);
}

}  // namespace minions::formats
