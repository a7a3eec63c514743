#include "formats/html.h"

#include <algorithm>

#include "formats/charset.h"
#include "formats/html_entities.h"
#include "formats/text_decoding.h"

namespace minions::formats {
namespace {

constexpr std::size_t kLongestEntity = 32;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_line(std::string_view tag) {
  return is_one_of(tag, {"div",  "section", "article", "header",  "footer",     "nav",   "main",    "aside",
                         "li",   "tr",      "dt",      "dd",      "figcaption", "form",  "address", "hr",
                         "body", "option",  "legend",  "caption", "thead",      "tbody", "summary", "label"});
}
bool is_paragraph(std::string_view tag) {
  return is_one_of(tag, {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "ul", "ol", "dl",
                         "figure", "fieldset", "details", "title"});
}
// Their content is not meant for readers.
bool is_skipped(std::string_view tag) {
  return is_one_of(tag, {"script", "style", "template", "noscript", "iframe", "object", "noembed", "noframes"});
}

struct Tag {
  std::string name;  // lower case
  bool closes = false;
  std::string alt;
};

char32_t sound_code_point(std::uint32_t value) {
  if (value >= 0x80 && value < 0xA0) return windows_1252(static_cast<std::uint8_t>(value));
  if (value == 0 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return 0xFFFD;
  return value;
}

// `&#233;`, `&#xE9;` or `&eacute;` at the front, and its length; length 0 if it is invalid.
std::pair<char32_t, std::size_t> reference_at(std::string_view text) {
  const bool numeric = text.size() > 2 && text[1] == '#';
  if (!numeric) {
    const std::size_t end = text.substr(0, kLongestEntity).find(';');
    const char32_t named = end == std::string_view::npos ? 0 : entity(text.substr(1, end - 1));
    return {named, named == 0 ? 0 : end + 1};
  }
  const bool hex = text[2] == 'x' || text[2] == 'X';
  std::size_t at = hex ? 3 : 2;
  const std::size_t digits = at;
  std::uint32_t value = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    const bool decimal = c >= '0' && c <= '9';
    const bool letter = hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
    if (!decimal && !letter) break;
    const auto digit = static_cast<std::uint32_t>(decimal ? c - '0' : (c | 0x20) - 'a' + 10);
    value = value > 0x110000 ? value : value * (hex ? 16 : 10) + digit;
  }
  if (at == digits) return {0, 0};
  if (at < text.size() && text[at] == ';') ++at;
  return {sound_code_point(value), at};
}

std::string with_references(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    const std::size_t ampersand = std::min(text.find('&'), text.size());
    plain.append(text.substr(0, ampersand));
    text.remove_prefix(ampersand);
    if (text.empty()) break;
    const auto [code_point, length] = reference_at(text);
    if (length == 0) {
      plain += '&';
      text.remove_prefix(1);
    } else {
      append_utf8(plain, code_point);
      text.remove_prefix(length);
    }
  }
  return plain;
}

class Tokenizer {
 public:
  Tokenizer(std::string_view text, PageWriter& writer) : text_(text), writer_(writer) {}

  void run() {
    while (at_ < text_.size() && writer_.status()) {
      const std::size_t less = std::min(text_.find('<', at_), text_.size());
      characters(text_.substr(at_, less - at_));
      at_ = less;
      if (at_ < text_.size()) markup();
    }
  }

 private:
  void markup() {
    const std::string_view rest = text_.substr(at_);
    const char next = rest.size() > 1 ? rest[1] : '\0';
    if (rest.starts_with("<!--")) {
      skip_past("-->", 4);
    } else if (next == '!' || next == '?' || (next == '/' && (rest.size() < 3 || !is_letter(rest[2])))) {
      skip_past(">", 2);
    } else if (next == '/' || is_letter(next)) {
      handle(take_tag());
    } else {
      characters("<");
      ++at_;
    }
  }
  void skip_past(std::string_view end, std::size_t from) {
    const std::size_t found = text_.find(end, std::min(at_ + from, text_.size()));
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
  }

  // From `<` to after `>`.
  [[nodiscard]] Tag take_tag() {
    Tag tag;
    ++at_;
    if (text_[at_] == '/') {
      tag.closes = true;
      ++at_;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '>' && text_[at_] != '/') ++at_;
    tag.name = lower_case(text_.substr(begin, std::min<std::size_t>(at_ - begin, 32)));
    while (at_ < text_.size() && text_[at_] != '>') take_attribute(tag);
    if (at_ < text_.size()) ++at_;
    return tag;
  }
  void take_attribute(Tag& tag) {
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == '/')) ++at_;
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '>' && text_[at_] != '=' && text_[at_] != '/')
      ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ >= text_.size() || text_[at_] != '=') return;
    ++at_;
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    const std::string_view value = take_value();
    if (tag.name == "img" && lower_case(name.substr(0, 8)) == "alt") tag.alt = with_references(value);
  }
  [[nodiscard]] std::string_view take_value() {
    if (at_ >= text_.size()) return {};
    const char quote = text_[at_];
    if (quote == '"' || quote == '\'') {
      const std::size_t end = std::min(text_.find(quote, at_ + 1), text_.size());
      const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
      at_ = std::min(end + 1, text_.size());
      return value;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '>') ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void handle(const Tag& tag) {
    if (is_skipped(tag.name)) {
      if (!tag.closes) skip_element(tag.name);
    } else if (is_paragraph(tag.name)) {
      pending_space_ = false;
      writer_.end_paragraph();
      if (tag.name == "pre") preformatted_ = !tag.closes;
      if (!tag.closes && tag.name.size() == 2 && tag.name[0] == 'h')
        writer_.text(std::string(static_cast<std::size_t>(tag.name[1] - '0'), '#') + " ");
    } else if (is_line(tag.name)) {
      pending_space_ = false;
      writer_.end_line();
      if (tag.name == "li" && !tag.closes) writer_.text("- ");
    } else if (tag.name == "br") {
      pending_space_ = false;
      writer_.text("\n");
    } else if ((tag.name == "td" || tag.name == "th") && !tag.closes) {
      pending_space_ = false;
      if (!writer_.at_line_start()) writer_.text("\t");
    } else if (tag.name == "img" && !tag.alt.empty()) {
      characters("[" + tag.alt + "]");
    } else if (tag.name == "textarea") {
      pending_space_ = true;
    }
  }
  // To after its end tag; nothing inside is markup.
  void skip_element(std::string_view name) {
    while (at_ < text_.size()) {
      const std::size_t found = text_.find("</", at_);
      if (found == std::string_view::npos) break;
      at_ = found + 2;
      if (lower_case(text_.substr(at_, name.size())) == name) {
        skip_past(">", name.size());
        return;
      }
    }
    at_ = text_.size();
  }

  void characters(std::string_view raw) {
    if (raw.empty()) return;
    const std::string decoded = raw.find('&') == std::string_view::npos ? std::string() : with_references(raw);
    std::string_view text = decoded.empty() ? raw : std::string_view(decoded);
    if (preformatted_) {
      writer_.text(text);
      return;
    }
    while (!text.empty()) {
      std::size_t spaces = 0;
      while (spaces < text.size() && is_space(text[spaces])) ++spaces;
      if (spaces > 0) pending_space_ = true;
      text.remove_prefix(spaces);
      std::size_t word = 0;
      while (word < text.size() && !is_space(text[word])) ++word;
      if (word == 0) return;
      if (pending_space_ && !writer_.at_line_start()) writer_.text(" ");
      pending_space_ = false;
      writer_.text(text.substr(0, word));
      text.remove_prefix(word);
    }
  }

  std::string_view text_;
  PageWriter& writer_;
  std::size_t at_ = 0;
  bool pending_space_ = false;
  bool preformatted_ = false;
};

}  // namespace

void write_html(std::string_view utf8, PageWriter& writer) { Tokenizer(utf8, writer).run(); }

std::string html_charset(std::string_view start) {
  const std::string text = lower_case(start.substr(0, 1024));
  std::size_t at = text.find("charset");
  if (at == std::string::npos) return {};
  at = text.find_first_not_of(" =\"'\t\r\n", at + 7);
  if (at == std::string::npos) return {};
  return text.substr(at, text.find_first_of(" \"';>/\t\r\n", at) - at);
}

}  // namespace minions::formats
