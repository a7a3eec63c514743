#include "formats/word_fields.h"

#include "formats/symbol_fonts.h"
#include "formats/text_decoding.h"
#include "formats/word_styles.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxNesting = 200;
constexpr std::size_t kMaxInstructionBytes = 2048;
constexpr std::size_t kMaxEntries = 1000;
constexpr std::string_view kTicked = "\u2612";
constexpr std::string_view kUnticked = "\u2610";

std::string_view take_word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\n"), text.size());
  text.remove_prefix(begin);
  const bool quoted = text.starts_with('"');
  const std::size_t end = quoted ? text.find('"', 1) : text.find_first_of(" \t\n");
  const std::string_view word =
      text.substr(quoted ? 1 : 0, end == std::string_view::npos ? end : end - (quoted ? 1 : 0));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + (quoted ? 1 : 0));
  return word;
}

// SYMBOL 254 \f "Wingdings": a character of a font, its code decimal or 0x00FE.
std::string symbol_of(std::string_view rest) {
  const std::string code(take_word(rest));
  const unsigned long value = std::strtoul(code.c_str(), nullptr, 0);
  SymbolFont font = SymbolFont::kNone;
  for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
    if (word == "\\f") font = symbol_font(take_word(rest));
  }
  const bool is_character = value >= 0x20 && value < 0xD800;
  std::string text;
  append_utf8(text, is_character ? static_cast<char32_t>(value) : U' ');
  return symbol_text(text, font).text;
}

}  // namespace

void WordFields::mark(std::string_view type) {
  if (type == "begin") {
    if (fields_.size() >= kMaxNesting) {
      ++beyond_;
      return;
    }
    fields_.emplace_back();
    ++hiding_;
    form_ = {};
  } else if (fields_.empty()) {
    return;
  } else if (type == "separate" && beyond_ == 0) {
    Field& field = fields_.back();
    if (!field.has_result && !field.shown_by_form) --hiding_;
    field.has_result = true;
  } else if (type == "end") {
    end_field();
  }
}

void WordFields::end_field() {
  if (beyond_ > 0) {
    --beyond_;
    return;
  }
  const Field field = std::move(fields_.back());
  fields_.pop_back();
  if (hides(field)) --hiding_;
  if (hiding_ == 0) {
    held_.clear();
    if (!field.has_result && !field.shown_by_form) shown_ = shown_instruction(field.instruction);
  }
}

void WordFields::form_data(std::string_view name, const XmlAttributes& attributes) {
  const std::string_view value = attributes.get("val");
  if (name == "checkBox") {
    form_.kind = Form::Kind::kCheckBox;
  } else if (name == "ddList") {
    form_.kind = Form::Kind::kDropDown;
  } else if (name == "checked") {
    form_.on = is_on(value) ? 1 : 0;
  } else if (name == "default") {
    form_.default_on = is_on(value);
    form_.default_entry = number_or(value, 0);
  } else if (name == "result") {
    form_.entry = number_or(value, 0);
  } else if (name == "listEntry" && form_.entries.size() < kMaxEntries) {
    form_.entries.emplace_back(value);
  }
}

std::string WordFields::end_mark() {
  if (form_.kind != Form::Kind::kNone && !fields_.empty() && beyond_ == 0) {
    Field& field = fields_.back();
    field.shown_by_form = true;
    if (form_.kind == Form::Kind::kCheckBox) {
      shown_ = (form_.on < 0 ? form_.default_on : form_.on == 1) ? kTicked : kUnticked;
    } else {
      const auto entry = static_cast<std::size_t>(form_.entry < 0 ? form_.default_entry : form_.entry);
      if (entry < form_.entries.size()) shown_ = form_.entries[entry];
    }
    if (hiding_ > 1) shown_.clear();  // within another field's instruction
    form_ = {};
  }
  return std::exchange(shown_, {});
}

void WordFields::instruction(std::string_view text) {
  if (fields_.empty() || beyond_ > 0 || fields_.back().has_result) return;
  std::string& instruction = fields_.back().instruction;
  if (instruction.size() + text.size() <= kMaxInstructionBytes) instruction += text;
}

void WordFields::hold(std::string_view text) {
  for (const Field& field : fields_) {
    if (field.shown_by_form) return;
  }
  held_ += text;
}

std::string WordFields::take_unended() {
  fields_.clear();
  beyond_ = 0;
  hiding_ = 0;
  return std::exchange(held_, {});
}

// Buttons, symbols and equations of old programs have no result.
std::string WordFields::shown_instruction(std::string_view instruction) {
  const std::string whole(instruction);
  const std::string_view name = take_word(instruction);
  if (name == "MACROBUTTON") {
    (void)take_word(instruction);
    const std::size_t begin = std::min(instruction.find_first_not_of(' '), instruction.size());
    return std::string(instruction.substr(begin));
  }
  if (name == "SYMBOL") return symbol_of(instruction);
  return name == "EQ" ? "[" + whole.substr(whole.find("EQ")) + "]" : std::string();
}

}  // namespace minions::formats
