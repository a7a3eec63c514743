#include "formats/slide_text.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace minions::formats {
namespace {

constexpr std::size_t kMaxFormulaBytes = 4 * 1024 * 1024;
constexpr std::size_t kMaxScriptBytes = 4096;
constexpr std::size_t kMaxDrawings = 100'000;

template <class Number>
Number number_or(std::string_view text, Number otherwise) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? number : otherwise;
}

// `arabicParenBoth` is (1), `alphaLcPeriod` is a.
std::string numbered(std::uint32_t number, std::string_view numbering) {
  constexpr std::array<std::string_view, 4> kEnds = {"Period", "ParenR", "ParenBoth", "Minus"};
  std::string_view end;
  for (const std::string_view ending : kEnds) {
    if (numbering.ends_with(ending)) end = ending;
  }
  numbering.remove_suffix(end.size());
  if (numbering.starts_with("circleNum")) numbering = "circleNum";
  if (numbering.starts_with("ea1")) numbering = "chineseCounting";
  const std::string text = counter_text(number, counter_style(numbering));
  if (end == "ParenBoth") return "(" + text + ") ";
  return text + (end == "Period" ? ". " : end == "ParenR" ? ") " : end == "Minus" ? "- " : " ");
}

}  // namespace

void SlideText::start(std::string_view name, const XmlAttributes& attributes) {
  if (skipped_depth_ > 0) {
    ++skipped_depth_;
  } else if (in_formula_) {
    formula_.start(name, attributes);
  } else if (name == "AlternateContent") {
    choices_.push_back(false);
  } else if (name == "Choice" && !choices_.empty()) {
    if (choices_.back()) skipped_depth_ = 1;
    choices_.back() = true;
  } else if (name == "Fallback" && !choices_.empty() && choices_.back()) {
    skipped_depth_ = 1;
  } else if (name.starts_with("bu") || name.ends_with("pPr") || name == "lstStyle") {
    start_list(name, attributes);
  } else {
    start_text(name, attributes);
  }
}

void SlideText::start_list(std::string_view name, const XmlAttributes& attributes) {
  Bullet& bullet = in_list_style_ ? list_style_[style_level_] : bullet_;
  if (name == "lstStyle") {
    in_list_style_ = true;
  } else if (name == "pPr") {
    level_ = std::min<std::size_t>(number_or<std::size_t>(attributes.get("lvl"), 0), kLevels - 1);
    bullet_ = list_style_[level_];
  } else if (name.starts_with("lvl") && name.size() == 7) {  // lvl1pPr
    style_level_ = name[3] >= '1' && name[3] <= '9' ? static_cast<std::size_t>(name[3] - '1') : 0;
  } else if (name == "buNone") {
    bullet = {};
  } else if (name == "buFont") {
    bullet.font = std::string(attributes.get("typeface").substr(0, 64));
  } else if (name == "buChar" || name == "buBlip") {
    bullet.kind = Bullet::Kind::kMark;
    bullet.mark = std::string(attributes.get("char").substr(0, 64));
  } else if (name == "buAutoNum") {
    bullet.kind = Bullet::Kind::kNumber;
    bullet.mark = std::string(attributes.get("type").substr(0, 64));
    bullet.start = std::min(number_or<std::uint32_t>(attributes.get("startAt"), 1), 1'000'000U);
  }
}

void SlideText::start_text(std::string_view name, const XmlAttributes& attributes) {
  if (name == "t") {
    in_text_ = true;
  } else if (name == "p") {
    start_paragraph();
  } else if (name == "r" || name == "fld") {
    run_script_ = Script::kNone;
    run_font_ = SymbolFont::kNone;
    in_slide_number_ = name == "fld" && attributes.get("type") == "slidenum";
  } else if (name == "rPr") {
    in_run_properties_ = true;
    const int baseline = number_or(attributes.get("baseline"), 0);
    run_script_ = baseline > 0 ? Script::kSuper : baseline < 0 ? Script::kSub : Script::kNone;
  } else if ((name == "latin" || name == "sym") && in_run_properties_) {
    if (const SymbolFont font = symbol_font(attributes.get("typeface")); font != SymbolFont::kNone) run_font_ = font;
  } else if (name == "br") {
    write(in_cell_ ? " " : "\n");
  } else if (name == "tc") {
    if (cells_++ > 0) put("\t");
    in_cell_ = true;
    cell_has_text_ = false;
  } else if (name == "tr") {
    cells_ = 0;
  } else if (name == "txBody") {
    list_style_ = {};
    counters_ = {};
  } else {
    start_other(name, attributes);
  }
}

void SlideText::start_other(std::string_view name, const XmlAttributes& attributes) {
  if (name == "oMath") {
    in_formula_ = true;
    run_script_ = Script::kNone;
    run_font_ = SymbolFont::kNone;
    formula_.start(name, attributes);
  } else if (name == "chart" || name == "relIds") {
    flush_script('\0');
    drawings_.push_back({text_.size(), std::string(attributes.get("relationships", name == "chart" ? "id" : "dm"))});
  } else if (name == "sld") {
    const std::string_view show = attributes.get("show");
    is_hidden_ = show == "0" || show == "false";
  } else if (name == "blip") {
    ++pictures_;
  } else if (name == "oleObj" || name == "contentPart" || name == "videoFile" || name == "audioFile" ||
             name == "wavAudioFile" || name == "control") {
    ++objects_;
  }
}

void SlideText::end(std::string_view name) {
  if (skipped_depth_ > 0) {
    --skipped_depth_;
  } else if (in_formula_) {
    if (!formula_.end(name)) return;
    in_formula_ = false;
    const std::string text = formula_.take();
    const char before = script_text_.empty() ? (text_.empty() ? '\0' : text_.back()) : script_text_.back();
    if (!text.empty() && joins_words(text.front()) && joins_words(before) && has_text_) write(" ");
    write(text);
    after_formula_ = true;
  } else if (name == "AlternateContent") {
    if (!choices_.empty()) choices_.pop_back();
  } else {
    end_text(name);
  }
}

void SlideText::end_text(std::string_view name) {
  if (name == "t") {
    in_text_ = false;
  } else if (name == "rPr") {
    in_run_properties_ = false;
  } else if (name == "fld") {
    in_slide_number_ = false;
  } else if (name == "lstStyle") {
    in_list_style_ = false;
  } else if (name == "p") {
    end_paragraph();
  } else if (name == "tc") {
    in_cell_ = false;
  } else if (name == "tr" || name == "tbl" || (name == "txBody" && !in_cell_)) {
    put("\n");
  }
}

void SlideText::text(std::string_view text) {
  if (skipped_depth_ > 0 || in_slide_number_) return;
  if (in_formula_) {
    formula_.text(text);
  } else if (in_text_) {
    write_run(text);
  }
}

Read<void> SlideText::status() const {
  if (budget_.used > budget_.limit || formula_.bytes() > kMaxFormulaBytes || drawings_.size() > kMaxDrawings)
    return stop(ExtractExit::kTooMuchText);
  return {};
}

void SlideText::start_paragraph() {
  level_ = 0;
  bullet_ = list_style_[0];
  has_text_ = false;
  after_formula_ = false;
  run_script_ = Script::kNone;
  run_font_ = SymbolFont::kNone;
}

void SlideText::end_paragraph() {
  flush_script('\0');
  if (!in_cell_) put("\n");
}

// Goes on at each level, until a paragraph there has none or another kind.
std::string SlideText::next_number(const Bullet& bullet) {
  for (std::size_t below = level_ + 1; below < kLevels; ++below) counters_[below] = {};
  Counter& counter = counters_[level_];
  if (bullet.kind != Bullet::Kind::kNumber) {
    counter = {};
    return {};
  }
  const bool goes_on = counter.numbering == bullet.mark && counter.start == bullet.start;
  counter = {bullet.mark, bullet.start, goes_on ? counter.number + 1 : bullet.start};
  return numbered(counter.number, bullet.mark);
}

void SlideText::begin_text() {
  if (has_text_) return;
  has_text_ = true;
  const std::string number = next_number(bullet_);
  if (in_cell_ && cell_has_text_) put(" ");
  cell_has_text_ = true;
  if (bullet_.kind == Bullet::Kind::kNone) return;
  std::string label(2 * level_, ' ');
  if (bullet_.kind == Bullet::Kind::kNumber) {
    label += number;
  } else {
    const std::string mark = symbol_text(bullet_.mark, symbol_font(bullet_.font)).text;
    label += (is_answer_mark(mark) ? mark : "-") + " ";
  }
  put(label);
}

void SlideText::write_run(std::string_view text) {
  if (text.empty()) return;
  SymbolText symbols;
  if (may_have_symbols(text, run_font_)) {
    symbols = symbol_text(text, run_font_);
    text = symbols.text;
  }
  if (run_script_ == Script::kNone) return write(text);
  if (run_script_ != script_ || script_text_.size() + text.size() > kMaxScriptBytes) flush_script(text.front());
  begin_text();
  script_ = run_script_;
  script_text_ += text;
}

void SlideText::write(std::string_view text) {
  if (text.empty()) return;
  flush_script(text.front());
  begin_text();
  if (after_formula_ && joins_words(text.front()) && joins_words(text_.back())) put(" ");
  after_formula_ = false;
  put(text);
}

void SlideText::flush_script(char after) {
  if (script_text_.empty()) return;
  const char before = text_.empty() ? '\0' : text_.back();
  put(with_script_mark(std::exchange(script_text_, {}), std::exchange(script_, Script::kNone), before, after));
}

void SlideText::put(std::string_view text) {
  text_ += text;
  budget_.used += text.size();
}

}  // namespace minions::formats
