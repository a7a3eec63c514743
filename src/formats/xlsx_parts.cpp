#include "formats/xlsx_parts.h"

#include <charconv>
#include <utility>

namespace minions::formats {
namespace {

constexpr std::size_t kMaxEntries = 100'000;

// `part` behind a separator if something stands before it.
void join(std::string& to, std::string_view separator, std::string_view part) {
  if (part.find_first_not_of(' ') == std::string_view::npos) return;
  if (!to.empty()) to += separator;
  to += part;
}

}  // namespace

unsigned number_in(std::string_view text) {
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_true(std::string_view text) { return text == "1" || text == "true"; }

void WorkbookHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (name == "sheet") {
    sheets_.push_back({unescaped(attributes.get("name")), std::string(attributes.get("relationships", "id")),
                       attributes.get("state").find("idden") != std::string_view::npos});
  } else if (name == "workbookPr" && is_true(attributes.get("date1904"))) {
    epoch_ = Epoch::k1904;
  }
}

Read<void> WorkbookHandler::status() const {
  if (sheets_.size() > 10'000) return stop(ExtractExit::kTooManyPages);
  return {};
}

void StylesHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (name == "numFmt" && !in_cells_ && formats_.size() < 10'000) {
    formats_[number_in(attributes.get("numFmtId"))] = NumberFormat(attributes.get("formatCode"));
  } else if (name == "cellXfs") {
    in_cells_ = true;
  } else if (name == "xf" && in_cells_ && styles_.size() < kMaxEntries) {
    const unsigned id = number_in(attributes.get("numFmtId"));
    auto format = formats_.find(id);
    if (format == formats_.end() && formats_.size() < 20'000)
      format = formats_.emplace(id, NumberFormat::built_in(id)).first;
    styles_.push_back(format == formats_.end() ? general_ : format->second);
  }
}

void StylesHandler::end(std::string_view name) {
  if (name == "cellXfs") in_cells_ = false;
}

const NumberFormat& StylesHandler::of(std::string_view index) const {
  const unsigned at = number_in(index);
  return at < styles_.size() ? styles_[at] : general_;
}

void RichText::start(std::string_view name, const XmlAttributes& attributes) {
  if (name == "rPh") in_reading_ = true;
  if (name == "r") is_raised_ = false;
  if (name == "vertAlign") is_raised_ = attributes.get("val") == "superscript";
  if (name != "t" || in_reading_) return;
  in_text_ = true;
  if (is_raised_ && !text_.empty()) text_ += '^';
}

void RichText::end(std::string_view name) {
  if (name == "rPh") in_reading_ = false;
  if (name == "t") in_text_ = false;
  if (name == "r") is_raised_ = false;
}

void RichText::text(std::string_view text) {
  if (in_text_) text_ += text;
}

std::string RichText::take() {
  std::string plain = unescaped(text_);
  text_.clear();
  is_raised_ = false;
  return plain;
}

void SharedStrings::end(std::string_view name) {
  rich_.end(name);
  if (name != "si") return;
  text_ += rich_.take();
  ends_.push_back(text_.size());
}

Read<void> SharedStrings::status() const {
  if (text_.size() + rich_.size() + ends_.size() * sizeof(std::size_t) > kMaxSharedBytes)
    return stop(ExtractExit::kTooMuchText);
  return {};
}

std::string_view SharedStrings::at(std::string_view index) const {
  const unsigned i = number_in(index);
  if (i >= ends_.size()) return {};
  const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
  return std::string_view(text_).substr(begin, ends_[i] - begin);
}

void PersonsHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (name == "person") names_[std::string(attributes.get("id"))] = unescaped(attributes.get("displayName"));
}

Read<void> PersonsHandler::status() const {
  if (names_.size() > kMaxEntries) return stop(ExtractExit::kTooMuchText);
  return {};
}

std::string PersonsHandler::name_of(const std::string& id) const {
  const auto name = names_.find(id);
  return name == names_.end() ? std::string() : name->second;
}

void NotesHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (name == "author") {
    in_author_ = true;
    author_.clear();
  } else if (name == "comment") {
    const unsigned author = number_in(attributes.get("authorId"));
    notes_.push_back({place_of(attributes.get("ref")), author < authors_.size() ? authors_[author] : "", {}});
  } else if (name == "threadedComment") {
    notes_.push_back({place_of(attributes.get("ref")), std::string(attributes.get("personId")), {}});
    in_threaded_ = true;
  } else if (!in_threaded_) {
    rich_.start(name, attributes);
  } else if (name == "text") {
    author_.clear();
    in_author_ = true;
  }
}

void NotesHandler::end(std::string_view name) {
  if (name == "author") {
    in_author_ = false;
    bytes_ += author_.size() + sizeof(std::string);
    authors_.push_back(unescaped(author_));
  } else if (in_threaded_ && name == "text") {
    in_author_ = false;
    notes_.back().text = unescaped(author_);
  } else if (name == "comment" || name == "threadedComment") {
    CellNote& note = notes_.back();
    if (!in_threaded_) note.text = rich_.take();
    bytes_ += note.text.size() + note.author.size() + sizeof(CellNote);
    in_threaded_ = false;
  } else if (!in_threaded_) {
    rich_.end(name);
  }
}

void NotesHandler::text(std::string_view text) {
  if (in_author_) {
    author_ += text;
  } else if (!notes_.empty()) {
    rich_.text(text);
  }
}

Read<void> NotesHandler::status() const {
  if (bytes_ + author_.size() + rich_.size() > kMaxSharedBytes) return stop(ExtractExit::kTooMuchText);
  return {};
}

void DrawingHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (skipped_depth_ > 0 || name == "Fallback") {
    ++skipped_depth_;
  } else if (name == "t") {
    in_text_ = true;
  } else if (name == "br") {
    box_ += ' ';
  } else if (name == "pic") {
    ++pictures_;
  } else if (name == "relIds") {
    ++diagrams_;
  } else if (name == "chart" && charts_.size() < kMaxEntries) {
    charts_.emplace_back(attributes.get("relationships", "id"));
  }
}

void DrawingHandler::end(std::string_view name) {
  if (skipped_depth_ > 0) {
    --skipped_depth_;
  } else if (name == "t") {
    in_text_ = false;
  } else if (name == "p") {
    if (!box_.empty() && box_.back() != ' ') box_ += ' ';
  } else if (name == "sp" || name == "cxnSp") {
    while (!box_.empty() && box_.back() == ' ') box_.pop_back();
    bytes_ += box_.size();
    if (!box_.empty()) boxes_.push_back(on_one_line(box_));
    box_.clear();
  }
}

void DrawingHandler::text(std::string_view text) {
  if (in_text_ && skipped_depth_ == 0) box_ += text;
}

Read<void> DrawingHandler::status() const {
  if (bytes_ + box_.size() > kMaxSharedBytes) return stop(ExtractExit::kTooMuchText);
  return {};
}

void ChartTitleHandler::start(std::string_view name, const XmlAttributes&) {
  if (name == "title") ++titles_open_;
  if (name == "ser" || name == "series") ++series_open_;
  if (name == "tx" && series_open_ > 0) in_series_name_ = true;
  in_text_ = (name == "t" || name == "v") && (titles_open_ > 0 || in_series_name_);
}

void ChartTitleHandler::end(std::string_view name) {
  in_text_ = false;
  if (name == "title" && titles_open_ > 0 && --titles_open_ == 0) {
    join(titles_, " / ", std::exchange(current_, {}));
  } else if (name == "tx" && in_series_name_) {
    in_series_name_ = false;
    join(series_, ", ", std::exchange(current_, {}));
  } else if (name == "ser" || name == "series") {
    --series_open_;
  } else if (name == "p" && !current_.empty()) {
    current_ += ' ';
  }
}

void ChartTitleHandler::text(std::string_view text) {
  if (in_text_) current_ += text;
}

Read<void> ChartTitleHandler::status() const {
  if (titles_.size() + series_.size() + current_.size() > kMaxSharedBytes) return stop(ExtractExit::kTooMuchText);
  return {};
}

std::string ChartTitleHandler::title() const {
  std::string title = on_one_line(titles_.empty() ? series_ : titles_);
  while (!title.empty() && title.back() == ' ') title.pop_back();
  return title;
}

}  // namespace minions::formats
