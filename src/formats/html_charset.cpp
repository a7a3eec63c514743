// The encoding that a page names for itself, where browsers look for it: the byte order mark, the XML declaration, and
// the meta elements of its head (HTML standard, section 13.2.3.2).
#include <algorithm>

#include "formats/charset.h"
#include "formats/html.h"

namespace minions::formats {
namespace {

constexpr std::size_t kAlwaysSearched = 1024;
constexpr std::size_t kMostSearched = 256 * 1024;
constexpr std::string_view kSpace = " \t\r\n\f";

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A page whose declaration can be read as ASCII is in no encoding of two bytes.
std::string sound_label(std::string label) {
  return label.starts_with("utf-16") || label.starts_with("ucs-2") || label == "unicode" ? "utf-8" : label;
}

// `charset=utf-8` inside the content of a meta element.
std::string charset_of_content(std::string_view content) {
  for (std::size_t at = content.find("charset"); at != std::string_view::npos; at = content.find("charset", at)) {
    at = std::min(content.find_first_not_of(kSpace, at + 7), content.size());
    if (at == content.size() || content[at] != '=') continue;
    at = content.find_first_not_of(kSpace, at + 1);
    if (at == std::string_view::npos) return {};
    const bool quoted = content[at] == '"' || content[at] == '\'';
    const std::size_t begin = quoted ? at + 1 : at;
    const std::size_t end = quoted ? content.find(content[at], begin) : content.find_first_of("; \t\r\n\f", begin);
    if (quoted && end == std::string_view::npos) return {};
    return std::string(content.substr(begin, end - begin));
  }
  return {};
}

class HeadScanner {
 public:
  explicit HeadScanner(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] std::string charset() {
    for (;;) {
      at_ = text_.find('<', at_);
      if (at_ == std::string::npos || (head_is_over_ && at_ >= kAlwaysSearched)) return {};
      if (text_.compare(at_, 4, "<!--") == 0) {
        skip_past("-->", at_ + 2);
      } else if (at_ + 1 < text_.size() && is_letter(text_[at_ + 1])) {
        std::string found = start_tag();
        if (!found.empty()) return found;
      } else if (text_.compare(at_, 2, "</") == 0 || text_.compare(at_, 2, "<!") == 0 ||
                 text_.compare(at_, 2, "<?") == 0) {
        if (text_.compare(at_, 6, "</head") == 0) head_is_over_ = true;
        skip_past(">", at_);
      } else {
        ++at_;
      }
    }
  }

 private:
  void skip_past(std::string_view end, std::size_t from) {
    const std::size_t found = text_.find(end, from);
    at_ = found == std::string::npos ? text_.size() : found + end.size();
  }

  [[nodiscard]] std::string start_tag() {
    const std::size_t begin = at_ + 1;
    at_ = std::min(text_.find_first_of(" \t\r\n\f/>", begin), text_.size());
    const std::string name = text_.substr(begin, at_ - begin);
    std::string charset;
    std::string content;
    bool is_content_type = false;
    while (at_ < text_.size() && text_[at_] != '>') {
      const auto [attribute, value] = attribute_here();
      if (attribute == "charset" && charset.empty()) charset = value;
      if (attribute == "content" && content.empty()) content = charset_of_content(value);
      if (attribute == "http-equiv" && value == "content-type") is_content_type = true;
    }
    if (name == "meta") {
      if (charset.empty() && is_content_type) charset = content;
      return charset;
    }
    if (is_one_of(name, {"script", "style", "title", "noscript", "textarea"})) skip_past("</" + name, at_);
    if (!is_one_of(name,
                   {"html", "head", "script", "style", "title", "noscript", "link", "base", "object", "template"}))
      head_is_over_ = true;
    return {};
  }

  [[nodiscard]] std::pair<std::string, std::string> attribute_here() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n\f/", at_), text_.size());
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(" \t\r\n\f/>=", std::min(begin + 1, text_.size())), text_.size());
    if (begin < text_.size() && text_[begin] == '>') at_ = begin;
    std::string name = text_.substr(begin, at_ - begin);
    const std::size_t equals = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
    if (equals == text_.size() || text_[equals] != '=') return {name, {}};
    at_ = std::min(text_.find_first_not_of(kSpace, equals + 1), text_.size());
    const bool quoted = at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'');
    const std::size_t from = quoted ? at_ + 1 : at_;
    const std::size_t end =
        std::min(quoted ? text_.find(text_[at_], from) : text_.find_first_of(" \t\r\n\f>", from), text_.size());
    at_ = std::min(quoted ? end + 1 : end, text_.size());
    std::string value = text_.substr(from, end - from);
    const std::size_t first = std::min(value.find_first_not_of(kSpace), value.size());
    value = value.substr(first, value.find_last_not_of(kSpace) + 1 - first);
    return {name, value};
  }

  std::string text_;  // lower case
  std::size_t at_ = 0;
  bool head_is_over_ = false;
};

std::string charset_of_xml(std::string_view text) {
  if (!text.starts_with("<?xml")) return {};
  const std::string_view declaration = text.substr(0, text.find("?>"));
  const std::size_t name = declaration.find("encoding");
  if (name == std::string_view::npos) return {};
  const std::size_t begin = declaration.find_first_of("\"'", name);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = declaration.find(declaration[begin], begin + 1);
  return end == std::string_view::npos ? std::string() : std::string(declaration.substr(begin + 1, end - begin - 1));
}

}  // namespace

std::string html_charset(std::string_view start) {
  if (start.starts_with("\xEF\xBB\xBF")) return "utf-8";
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) return "utf-16";
  if (start.starts_with(std::string_view("<\0", 2))) return "utf-16le";
  if (start.starts_with(std::string_view("\0<", 2))) return "utf-16be";
  std::string text = lower_case(start.substr(0, kMostSearched));
  std::string of_xml = charset_of_xml(text);
  return sound_label(of_xml.empty() ? HeadScanner(std::move(text)).charset() : std::move(of_xml));
}

}  // namespace minions::formats
