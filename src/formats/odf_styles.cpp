#include "formats/odf_styles.h"

#include <algorithm>
#include <charconv>

#include "formats/cell_value.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxStyles = 100'000;
constexpr std::size_t kMaxMarginBytes = 64 * 1024;
constexpr int kMaxParents = 20;

unsigned number_or(std::string_view text, unsigned otherwise) {
  std::from_chars(text.data(), text.data() + text.size(), otherwise);
  return otherwise;
}

// `super 58%`, or by how much it is raised.
bool raises(std::string_view position) {
  if (position.starts_with("super")) return true;
  return !position.starts_with('-') && !position.starts_with('0') && !position.starts_with("sub") && !position.empty();
}

bool is_page_field(std::string_view name) {
  return name == "page-number" || name == "page-count" || name == "sheet-name" || name == "page-continuation";
}
bool is_field(std::string_view name) {
  return is_page_field(name) || name == "date" || name == "time" || name == "file-name" || name == "title" ||
         name == "page-name";
}

std::string key_of(std::string_view family, std::string_view name) {
  std::string key(family);
  key += ':';
  key += name;
  return key;
}

}  // namespace

void OdfStyles::start(std::string_view name, const XmlAttributes& attributes) {
  if (in_master_) {
    start_in_master(name, attributes);
  } else if (name == "master-page") {
    in_master_ = true;
  } else if (name == "style" || name == "default-style") {
    start_style(attributes);
  } else if (name == "list-style") {
    list_ = lists_.size() < kMaxStyles ? &lists_[std::string(attributes.get("name"))] : nullptr;
  } else if (name == "outline-style") {
    list_ = &outline_;
  } else if (list_ != nullptr && (name.starts_with("list-level-style-") || name == "outline-level-style")) {
    start_level(name, attributes);
  } else if (style_ != nullptr) {
    take_properties(name, attributes);
  }
}

void OdfStyles::end(std::string_view name) {
  if (in_master_) {
    end_in_master(name);
  } else if (name == "style" || name == "default-style") {
    style_ = nullptr;
  } else if (name == "list-style" || name == "outline-style") {
    list_ = nullptr;
  }
}

void OdfStyles::start_style(const XmlAttributes& attributes) {
  style_ = nullptr;
  if (styles_.size() >= kMaxStyles || attributes.get("name").empty()) return;
  style_ = &styles_[key_of(attributes.get("family"), attributes.get("name"))];
  style_->parent = attributes.get("parent-style-name");
  if (attributes.has("list-style-name")) style_->list = std::string(attributes.get("list-style-name"));
}

void OdfStyles::start_level(std::string_view name, const XmlAttributes& attributes) {
  const unsigned number = number_or(attributes.get("level"), 0);
  if (number == 0 || number > kListLevels) return;
  ListLevel& level = (*list_)[number - 1];
  level.prefix = attributes.get("num-prefix");
  level.suffix = attributes.get("num-suffix");
  level.format = attributes.get("num-format");
  level.start = number_or(attributes.get("start-value"), 1);
  level.shown_levels = std::clamp(number_or(attributes.get("display-levels"), 1), 1U, number);
  level.repeats_letters = attributes.get("num-letter-sync") == "true";
  if (name == "list-level-style-bullet" || name == "list-level-style-image") {
    const bool has_sign = name == "list-level-style-image" || !attributes.get("bullet-char").empty();
    level.kind = has_sign ? ListLevel::Kind::kBullet : ListLevel::Kind::kPlain;
  } else {
    const bool shows = !level.format.empty() || !level.prefix.empty() || !level.suffix.empty();
    level.kind = shows ? ListLevel::Kind::kNumber : ListLevel::Kind::kPlain;
  }
}

void OdfStyles::take_properties(std::string_view name, const XmlAttributes& attributes) {
  if (name == "text-properties") {
    if (const std::string_view position = attributes.get("text-position"); !position.empty())
      style_->is_raised = raises(position);
    if (const std::string_view display = attributes.get("display"); !display.empty())
      style_->is_hidden = display == "none";
  } else if (name == "table-properties") {
    if (attributes.get("display") == "false") style_->is_hidden = true;
  } else if (name == "drawing-page-properties") {
    if (attributes.get("visibility") == "hidden") style_->is_hidden = true;
  }
}

template <class Of>
auto OdfStyles::inherited(const std::string& family, std::string_view style, Of of) const
    -> decltype(of(std::declval<const OdfStyle&>())) {
  std::string key = key_of(family, style);
  for (int i = 0; i < kMaxParents; ++i) {
    const auto found = styles_.find(key);
    if (found == styles_.end()) break;
    if (const auto value = of(found->second)) return value;
    key = key_of(family, found->second.parent);
  }
  return {};
}

bool OdfStyles::is_raised(const std::string& family, std::string_view style) const {
  return inherited(family, style, [](const OdfStyle& each) { return each.is_raised; }).value_or(false);
}

bool OdfStyles::is_hidden(const std::string& family, std::string_view style) const {
  return inherited(family, style, [](const OdfStyle& each) { return each.is_hidden; }).value_or(false);
}

std::optional<std::string> OdfStyles::list_of(std::string_view paragraph_style) const {
  return inherited("paragraph", paragraph_style, [](const OdfStyle& each) { return each.list; });
}

const ListStyle* OdfStyles::list_style(std::string_view name) const {
  const auto found = lists_.find(name);
  return found == lists_.end() ? nullptr : &found->second;
}

void OdfStyles::start_in_master(std::string_view name, const XmlAttributes& attributes) {
  const bool is_header = name.starts_with("header");
  const bool is_margin = (is_header || name.starts_with("footer")) && label_.empty();
  if (skipped_depth_ > 0 || name == "notes" || name == "forms" || name == "desc" || name == "tracked-changes" ||
      (is_margin && attributes.get("display") == "false")) {
    ++skipped_depth_;
  } else if (is_margin) {
    label_ = is_header ? "Header: " : "Footer: ";
  } else if (name == "frame" || name == "custom-shape") {  // on each slide, unless it is a frame to be filled
    if (!attributes.get("class").empty()) {
      ++skipped_depth_;
    } else if (label_.empty()) {
      label_ = "On each slide: ";
    }
  } else if (name == "p" || name == "h") {
    ++paragraphs_;
  } else if (name == "s" || name == "tab" || name == "line-break") {
    margin_ += ' ';
  } else if (is_field(name) && paragraphs_ > 0) {
    ++fields_open_;
    has_fields_ = true;
    if (name == "page-number" || name == "page-count") margin_ += '#';
  }
}

void OdfStyles::end_in_master(std::string_view name) {
  if (skipped_depth_ > 0) {
    --skipped_depth_;
  } else if (name == "master-page") {
    end_margin();
    in_master_ = false;
  } else if (name.starts_with("header") || name.starts_with("footer")) {
    end_margin();
  } else if ((name == "frame" || name == "custom-shape") && label_.starts_with("On")) {
    end_margin();
  } else if (name == "p" || name == "h") {
    paragraphs_ = std::max(0, paragraphs_ - 1);
    margin_ += ' ';
    words_ += ' ';
  } else if (is_field(name) && fields_open_ > 0) {
    --fields_open_;
  }
}

void OdfStyles::text(std::string_view text) {
  if (!in_master_ || skipped_depth_ > 0 || paragraphs_ == 0 || label_.empty()) return;
  if (margin_.size() + words_.size() > kMaxMarginBytes) return;
  if (fields_open_ == 0) {
    margin_ += text;
    words_ += text;
  }
}

// Not those of a page number with no more than a word beside it.
void OdfStyles::end_margin() {
  std::string line = on_one_line(margin_);
  const std::size_t first = line.find_first_not_of(' ');
  line = first == std::string::npos ? "" : line.substr(first, line.find_last_not_of(' ') - first + 1);
  int words = 0;
  bool in_word = false;
  for (const char c : words_) {
    const bool is_letter =
        static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    if (is_letter && !in_word) ++words;
    in_word = is_letter;
  }
  const bool says_something = has_fields_ ? words > 1 : words > 0;
  if (says_something && margins_.size() < 100 && written_.insert(label_ + line).second)
    margins_.push_back(label_ + line);
  label_.clear();
  margin_.clear();
  words_.clear();
  has_fields_ = false;
  fields_open_ = 0;
}

Read<void> OdfStyles::status() const { return {}; }

}  // namespace minions::formats
