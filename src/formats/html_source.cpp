#include "formats/html_source.h"

#include <algorithm>
#include <vector>

#include "formats/charset.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxDepth = 400;       // browsers stop at 512
constexpr std::size_t kMaxFormatting = 48;   // open at once; a parser reopens all of them in each block
constexpr std::size_t kMaxAttributes = 200;  // of one tag; each is compared with all before it
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kRootWithin = 8192;
constexpr std::size_t kLongText = 24;  // shorter ones are no longer than their marks
constexpr std::string_view kSpace = " \t\r\n\f";
constexpr std::string_view kReserved("&\xF4\0", 3);

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
bool is_space(char c) { return kSpace.find(c) != std::string_view::npos; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_void(std::string_view tag) {
  return is_one_of(tag, {"br", "img", "input", "meta", "link", "hr", "col", "area", "base", "embed", "source", "track",
                         "wbr", "param", "basefont", "bgsound", "frame", "keygen"});
}
// Their content is characters up to their end tag.
bool is_raw(std::string_view tag) {
  return is_one_of(tag, {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"});
}
bool is_formatting(std::string_view tag) {
  return is_one_of(tag,
                   {"b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u", "a", "nobr"});
}
// The end tags of most may be left out: the next of the same group ends them.
int implied_group(std::string_view tag) {
  constexpr std::string_view kGroups[] = {"p",     "li",    "dt",    "dd",     "tr",       "td", "th",
                                          "tbody", "thead", "tfoot", "option", "optgroup", "rt", "rp"};
  constexpr int kGroup[] = {1, 2, 3, 3, 4, 5, 5, 6, 6, 6, 7, 7, 8, 8};
  const auto found = std::find(std::begin(kGroups), std::end(kGroups), tag);
  return found == std::end(kGroups) ? 0 : kGroup[found - std::begin(kGroups)];
}
// White space next to their tags is not shown.
bool is_block(std::string_view tag) {
  return (implied_group(tag) != 0 && tag != "rt" && tag != "rp") ||
         is_one_of(tag, {"div",  "table", "ul",    "ol",   "dl",         "br",      "h1",       "h2",
                         "h3",   "h4",    "h5",    "h6",   "section",    "article", "header",   "footer",
                         "nav",  "main",  "aside", "form", "blockquote", "hr",      "body",     "head",
                         "html", "title", "meta",  "link", "caption",    "col",     "colgroup", "select"});
}
// An end tag outside of them does not reach an element inside.
bool is_scope(std::string_view tag) {
  return is_one_of(tag, {"table", "td", "th", "caption", "template", "object", "marquee", "applet", "svg", "math",
                         "button", "select"});
}

struct Tag {
  std::string name;  // lower case
  std::size_t name_end = 0;
  std::size_t end = 0;          // after `>`
  std::size_t too_many_at = 0;  // where the attributes beyond the limit begin; 0 without
  bool closes = false;
  bool closes_itself = false;
};

class Rewriter {
 public:
  explicit Rewriter(std::string_view text) : text_(text) { examine_root(); }

  [[nodiscard]] HtmlSource run() {
    while (at_ < text_.size()) {
      const std::size_t begin = at_;
      at_ = std::min(text_.find('<', at_), text_.size());
      characters(begin, at_);
      if (at_ < text_.size()) markup();
    }
    result_.html.append(text_.substr(copied_));
    return std::move(result_);
  }

 private:
  // XML says so at its front, or its root names the namespace. The root may stand in a namespace with a prefix.
  void examine_root() {
    std::size_t begin = text_.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    begin = std::min(text_.find_first_not_of(kSpace, begin), text_.size());
    is_xml_ = text_.substr(begin).starts_with("<?xml");
    const std::string_view start = text_.substr(0, kRootWithin);
    constexpr std::string_view kNamespace = "http://www.w3.org/1999/xhtml";
    const std::size_t space = start.find(kNamespace);
    const std::string_view after = space == std::string_view::npos ? "" : start.substr(space + kNamespace.size());
    if (!after.starts_with('"') && !after.starts_with('\'')) return;
    const std::size_t root = start.rfind('<', space);
    if (root == std::string_view::npos) return;
    const std::size_t name_end = std::min(start.find_first_of(" \t\r\n\f>", root), start.size());
    const std::string name = lower_case(start.substr(root + 1, name_end - root - 1));
    if (name == "html") is_xml_ = true;
    if (is_xml_ && name.ends_with(":html")) prefix_ = name.substr(0, name.size() - 4);
  }

  void replace(std::size_t begin, std::size_t end, std::string_view with) {
    result_.html.append(text_.substr(copied_, begin - copied_)).append(with);
    copied_ = end;
  }
  [[nodiscard]] std::size_t past(std::string_view end, std::size_t from) const {
    const std::size_t found = text_.find(end, std::min(from, text_.size()));
    return found == std::string_view::npos ? text_.size() : found + end.size();
  }

  // Text between tags. References in it are left to the parser, and so is white space at its front, which a parser
  // drops in places.
  void characters(std::size_t begin, std::size_t end) {
    const std::size_t first = std::min(text_.find_first_not_of(kSpace, begin), end);
    if (first == end) {
      if (first > begin && after_block_ && preformatted_ == 0) replace(begin, end, "");
      return;
    }
    after_block_ = false;
    for (std::size_t at = first; at < end;) {
      const std::size_t run_end = std::min(text_.substr(0, end).find_first_of(kReserved, at), end);
      if (run_end - at >= kLongText) {
        replace(at, run_end, std::string(kTextBegin) + std::to_string(result_.texts.size()) + std::string(kTextEnd));
        result_.texts.push_back(text_.substr(at, run_end - at));
      }
      at = run_end;
      while (at < end && kReserved.find(text_[at]) != std::string_view::npos) at = past_reserved(at, end);
    }
  }

  // After what a parser has to see: a reference, or a character that the marks consist of.
  [[nodiscard]] std::size_t past_reserved(std::size_t at, std::size_t end) {
    constexpr std::string_view kOfReferences = "#;0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (text_[at] == '&') return std::min(text_.substr(0, end).find_first_not_of(kOfReferences, at + 1), end);
    const std::string_view character = text_.substr(at, 4);
    const std::size_t next = std::min(text_[at] == '\xF4' ? at + 4 : at + 1, end);
    if (character == kTextBegin || character == kTextEnd || text_[at] == '\0') replace(at, next, " ");
    return next;
  }

  void markup() {
    const std::string_view rest = text_.substr(at_);
    const char next = rest.size() > 1 ? rest[1] : '\0';
    if (rest.starts_with("<!--")) {
      at_ = past("-->", at_ + 2);
    } else if (is_xml_ && rest.starts_with("<![CDATA[")) {
      character_data();
    } else if (rest.starts_with("<![CDATA[") && foreign_ > 0) {
      at_ = past("]]>", at_);
    } else if (is_xml_ && next == '?') {
      const std::size_t end = past("?>", at_);
      replace(at_, end, "");
      at_ = end;
    } else if (is_xml_ && lower_case(rest.substr(0, 9)) == "<!doctype") {
      document_type();
    } else if (next == '!' || next == '?' || (next == '/' && (rest.size() < 3 || !is_letter(rest[2])))) {
      at_ = past(">", at_);
    } else if (next == '/' || is_letter(next)) {
      tag(take_tag());
    } else {
      ++at_;
    }
  }

  void character_data() {
    constexpr std::size_t kMark = 9;
    const std::size_t end = past("]]>", at_ + kMark);
    const std::size_t content_end = text_.substr(0, end).ends_with("]]>") ? end - 3 : end;
    std::string escaped;
    for (const char c : text_.substr(at_ + kMark, content_end - std::min(at_ + kMark, content_end))) {
      if (c == '<')
        escaped += "&lt;";
      else if (c == '&')
        escaped += "&amp;";
      else
        escaped += c;
    }
    replace(at_, end, escaped);
    at_ = end;
  }

  // One that declares entities in itself would leave their text in the page.
  void document_type() {
    const std::size_t end = past(">", at_);
    const std::size_t subset = text_.substr(0, end).find('[', at_);
    if (subset == std::string_view::npos) {
      at_ = end;
      return;
    }
    const std::size_t subset_end = past("]", subset);
    const std::size_t whole_end = past(">", subset_end);
    replace(at_, whole_end, "<!DOCTYPE html>");
    at_ = whole_end;
  }

  [[nodiscard]] Tag take_tag() const {
    Tag tag;
    std::size_t at = at_ + 1;
    if (text_[at] == '/') {
      tag.closes = true;
      ++at;
    }
    const std::size_t begin = at;
    while (at < text_.size() && !is_space(text_[at]) && text_[at] != '>' && text_[at] != '/') ++at;
    tag.name = lower_case(text_.substr(begin, std::min(at - begin, kLongestName)));
    tag.name_end = at;
    for (std::size_t count = 0; at < text_.size() && text_[at] != '>';) {
      if (is_space(text_[at]) || text_[at] == '/') {
        ++at;
        continue;
      }
      if (++count == kMaxAttributes) tag.too_many_at = at;
      skip_attribute(at);
    }
    tag.closes_itself = at < text_.size() && text_[at - 1] == '/';
    tag.end = std::min(at + 1, text_.size());
    return tag;
  }
  void skip_attribute(std::size_t& at) const {
    ++at;
    while (at < text_.size() && !is_space(text_[at]) && text_[at] != '>' && text_[at] != '/' && text_[at] != '=') ++at;
    const std::size_t equals = std::min(text_.find_first_not_of(kSpace, at), text_.size());
    if (equals == text_.size() || text_[equals] != '=') return;
    at = std::min(text_.find_first_not_of(kSpace, equals + 1), text_.size());
    if (at == text_.size()) return;
    if (text_[at] == '"' || text_[at] == '\'') {
      at = std::min(text_.find(text_[at], at + 1), text_.size());
      at = std::min(at + 1, text_.size());
    } else {
      while (at < text_.size() && !is_space(text_[at]) && text_[at] != '>') ++at;
    }
  }

  void tag(Tag tag) {
    const std::size_t begin = at_;
    at_ = tag.end;
    const bool prefixed = !prefix_.empty() && tag.name.starts_with(prefix_);
    if (prefixed) tag.name.erase(0, prefix_.size());
    after_block_ = is_block(tag.name);
    const bool is_empty = is_xml_ && tag.closes_itself && !tag.closes && !is_void(tag.name);
    const bool is_raw_start = is_raw(tag.name) && !tag.closes;
    const bool stays = tag.closes ? keeps_end(tag.name) : is_void(tag.name) || is_raw_start || keeps_start(tag.name);
    if (!stays) {
      replace(begin, tag.end, "");
      if (is_empty) forget_dropped(tag.name);
      return;
    }
    if (prefixed) {
      const std::size_t name_begin = begin + (tag.closes ? 2 : 1);
      replace(name_begin, name_begin + prefix_.size(), "");
    }
    if (tag.too_many_at > 0) replace(tag.too_many_at, tag.end, ">");
    if (is_empty) {
      if (tag.too_many_at == 0) replace(tag.end - 2, tag.end, ">");
      result_.html.append("</").append(tag.name).append(">");
      if (!is_raw_start) (void)keeps_end(tag.name);
    } else if (is_raw_start) {
      skip_raw((prefixed ? prefix_ : std::string()) + tag.name);
    }
  }

  void skip_raw(const std::string& name) {
    for (std::size_t from = at_;;) {
      const std::size_t found = text_.find("</", from);
      if (found == std::string_view::npos) break;
      from = found + 2;
      if (lower_case(text_.substr(from, name.size())) != name) continue;
      at_ = found;  // to be read as an end tag
      return;
    }
    at_ = text_.size();
  }

  [[nodiscard]] bool keeps_start(const std::string& name) {
    if (is_formatting(name) && ++formatting_ > kMaxFormatting) return false;
    const int group = implied_group(name);
    if (group != 0 && !open_.empty() && implied_group(open_.back()) == group) close_to(open_.size() - 1);
    if (open_.size() < kMaxDepth) {
      open_.push_back(name);
      count(name, 1);
      return true;
    }
    if (!is_formatting(name)) ++dropped_;
    return false;
  }
  void close_to(std::size_t size) {
    while (open_.size() > size) {
      count(open_.back(), -1);
      open_.pop_back();
    }
  }
  void count(std::string_view name, int by) {
    if (name == "pre" || name == "listing") preformatted_ += by;
    if (name == "svg" || name == "math") foreign_ += by;
  }
  void forget_dropped(const std::string& name) {
    if (!is_formatting(name))
      --dropped_;
    else
      --formatting_;
  }

  [[nodiscard]] bool keeps_end(const std::string& name) {
    if (is_void(name)) return !is_xml_ || name != "br";  // `<br></br>` is one line break in XML
    if (is_raw(name)) return true;
    if (is_formatting(name)) {
      if (formatting_ > 0 && formatting_-- > kMaxFormatting) return false;
    } else if (dropped_ > 0) {
      --dropped_;
      return false;
    }
    for (std::size_t i = open_.size(); i-- > 0;) {
      if (open_[i] == name) {
        close_to(i);
        break;
      }
      if (is_scope(open_[i]) && !is_one_of(name, {"table", "tr", "td", "th", "tbody", "thead", "tfoot"})) break;
    }
    return true;
  }

  std::string_view text_;
  HtmlSource result_;
  std::size_t at_ = 0;
  std::size_t copied_ = 0;  // of the text, into the result
  std::vector<std::string> open_;
  std::size_t dropped_ = 0;
  std::size_t formatting_ = 0;
  int preformatted_ = 0;  // of the open ones
  int foreign_ = 0;
  bool after_block_ = false;  // no white space counts there
  std::string prefix_;
  bool is_xml_ = false;
};

}  // namespace

HtmlSource html_source(std::string_view utf8) { return Rewriter(utf8).run(); }

}  // namespace minions::formats
