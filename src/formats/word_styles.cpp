#include "formats/word_styles.h"

#include <array>
#include <charconv>

#include "formats/charset.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxStyles = 100'000;
constexpr int kMaxBases = 64;

// Ids leave out what is not ASCII.
constexpr std::array<std::string_view, 27> kHeadingWords = {"heading",
                                                            "head",
                                                            "berschrift",
                                                            "\u00FCberschrift",
                                                            "titre",
                                                            "titolo",
                                                            "ttulo",
                                                            "t\u00EDtulo",
                                                            "titulo",
                                                            "kop",
                                                            "rubrik",
                                                            "overskrift",
                                                            "otsikko",
                                                            "nagwek",
                                                            "nag\u0142\u00F3wek",
                                                            "nadpis",
                                                            "cmsor",
                                                            "c\u00EDmsor",
                                                            "titlu",
                                                            "ba\u015Fl\u0131k",
                                                            "balk",
                                                            "\u0437\u0430\u0433\u043E\u043B\u043E\u0432\u043E\u043A",
                                                            "\u898B\u51FA\u3057",
                                                            "\u6807\u9898",
                                                            "\u6A19\u984C",
                                                            "\uC81C\uBAA9",
                                                            "encabezado"};

}  // namespace

bool is_on(std::string_view value) { return value != "0" && value != "false" && value != "off"; }

int number_or(std::string_view text, int otherwise) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

Script script_named(std::string_view vertical_alignment) {
  if (vertical_alignment == "superscript") return Script::kSuper;
  return vertical_alignment == "subscript" ? Script::kSub : Script::kNone;
}

int heading_level(std::string_view name) {
  if (name.size() < 4 || name.size() > 40) return 0;
  const char digit = name.back();
  if (digit < '1' || digit > '9') return 0;
  name.remove_suffix(1);
  while (name.ends_with(' ') || name.ends_with('_')) name.remove_suffix(1);
  const std::string word = lower_case(name);
  for (const std::string_view heading : kHeadingWords) {
    if (word == heading) return std::min(digit - '0', 6);
  }
  return word == "\u00DCberschrift" ? std::min(digit - '0', 6) : 0;
}

int heading_of_outline(std::string_view value) {
  const int level = number_or(value, 9);
  return level < 0 || level > 8 ? 0 : std::min(level + 1, 6);
}

void WordStyles::start(std::string_view name, const XmlAttributes& attributes) {
  if (skipped_depth_ > 0 || name.ends_with("Change") || name == "tblStylePr") {
    ++skipped_depth_;
  } else if (name == "style") {
    start_style(attributes);
  } else if (name == "docDefaults") {
    current_ = &defaults_;
    id_.clear();
  } else if (current_ != nullptr) {
    take(name, attributes.get("val"), attributes);
  }
}

void WordStyles::end(std::string_view name) {
  if (skipped_depth_ > 0) {
    --skipped_depth_;
  } else if (name == "style" || name == "docDefaults") {
    current_ = nullptr;
  }
}

void WordStyles::start_style(const XmlAttributes& attributes) {
  id_ = attributes.get("styleId");
  current_ = &definitions_[id_];
  *current_ = {};
  if (const int level = heading_level(id_); level > 0) current_->own.heading = level;
  const std::string_view is_default = attributes.get("default");
  if (!is_default.empty() && is_on(is_default) && attributes.get("type") == "paragraph") default_paragraph_ = id_;
  bytes_ += id_.size();
}

void WordStyles::take(std::string_view name, std::string_view value, const XmlAttributes& attributes) {
  WordStyle& own = current_->own;
  if (name == "name") {
    if (const int level = heading_level(value); level > 0) own.heading = level;
  } else if (name == "basedOn") {
    current_->based_on = value;
    bytes_ += value.size();
  } else if (name == "outlineLvl") {
    own.heading = heading_of_outline(value);
  } else if (name == "numId") {
    own.list = number_or(value, 0);
    own.list_style = id_;
  } else if (name == "ilvl") {
    own.list_level = number_or(value, 0);
  } else if (name == "vanish") {
    own.hidden = is_on(value);
  } else if (name == "vertAlign") {
    own.script = script_named(value);
  } else if (name == "rFonts") {
    const std::string_view font = attributes.get("ascii");
    if (!font.empty()) own.font = symbol_font(font);
  }
}

Read<void> WordStyles::status() const {
  if (definitions_.size() > kMaxStyles || bytes_ > 16 * 1024 * 1024) return stop(ExtractExit::kDamaged);
  return {};
}

WordStyle WordStyles::resolved(const std::string& id, bool with_defaults) const {
  WordStyle whole;
  const auto add = [&](const WordStyle& style) {
    if (!whole.heading) whole.heading = style.heading;
    if (!whole.list) {
      whole.list = style.list;
      whole.list_style = style.list_style;
    }
    if (!whole.list_level) whole.list_level = style.list_level;
    if (!whole.hidden) whole.hidden = style.hidden;
    if (!whole.script) whole.script = style.script;
    if (!whole.font) whole.font = style.font;
  };
  const std::string* at = &id;
  for (int bases = 0; bases < kMaxBases; ++bases) {  // which may be a circle
    const auto found = definitions_.find(*at);
    if (found == definitions_.end()) break;
    add(found->second.own);
    at = &found->second.based_on;
  }
  if (with_defaults) add(defaults_.own);
  if (!whole.heading) whole.heading = heading_level(id);
  return whole;
}

WordStyle WordStyles::paragraph(const std::string& id) {
  const std::string& wanted = id.empty() ? default_paragraph_ : id;
  if (!definitions_.contains(wanted)) {
    WordStyle style = resolved(default_paragraph_, true);
    if (!id.empty()) style.heading = heading_level(id);
    return style;
  }
  const auto [place, is_new] = paragraphs_.try_emplace(wanted);
  if (is_new) place->second = resolved(wanted, true);
  return place->second;
}

WordStyle WordStyles::character(const std::string& id) {
  if (!definitions_.contains(id)) return {};
  const auto [place, is_new] = characters_.try_emplace(id);
  if (is_new) place->second = resolved(id, false);
  return place->second;
}

}  // namespace minions::formats
