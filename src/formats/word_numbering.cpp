#include "formats/word_numbering.h"

#include <algorithm>

namespace minions::formats {
namespace {

constexpr std::size_t kMaxLists = 50'000;
constexpr std::size_t kMaxLabelBytes = 512;

std::size_t level_of(std::string_view text) {
  return static_cast<std::size_t>(std::clamp(number_or(text, 0), 0, static_cast<int>(kWordListLevels) - 1));
}
std::uint32_t start_of(std::string_view text) {
  return static_cast<std::uint32_t>(std::clamp(number_or(text, 0), 0, 1'000'000'000));
}

// `001, 002, 003, ...`: three digits.
std::size_t digits_of(std::string_view custom_format) {
  const std::size_t end = std::min(custom_format.find_first_not_of("0123456789"), custom_format.size());
  return std::min<std::size_t>(end, 9);
}

std::string number_text(std::uint32_t number, const WordListLevel& level, bool legal) {
  std::string text = counter_text(number, legal ? CounterStyle::kDecimal : level.style);
  if (text.size() < level.min_digits) text.insert(0, level.min_digits - text.size(), '0');
  return text;
}

std::string bullet(const WordListLevel& format, std::size_t level) {
  const std::string mark = symbol_text(format.text, format.font).text;
  return std::string(2 * level, ' ') + (is_answer_mark(mark) ? mark : "-") + " ";
}

}  // namespace

void WordNumbering::start(std::string_view name, const XmlAttributes& attributes) {
  if (skipped_depth_ > 0 || name == "Fallback") {
    ++skipped_depth_;
  } else if (name == "abstractNum") {
    definition_ = &definitions_[number_or(attributes.get("abstractNumId"), -1)];
    *definition_ = {};
  } else if (name == "num") {
    instance_ = &instances_[number_or(attributes.get("numId"), -1)];
    *instance_ = {};
  } else if (name == "abstractNumId" && instance_ != nullptr) {
    instance_->definition = number_or(attributes.get("val"), -1);
  } else if (name == "numStyleLink" && definition_ != nullptr) {
    definition_->style_link = attributes.get("val");
  } else if (name == "lvlOverride") {
    override_ = level_of(attributes.get("ilvl"));
  } else if (name == "startOverride" && instance_ != nullptr) {
    instance_->starts[override_] = start_of(attributes.get("val"));
  } else if (name == "lvl") {
    start_level(attributes);
  } else if (level_ != nullptr) {
    take(name, attributes);
  }
}

void WordNumbering::end(std::string_view name) {
  if (skipped_depth_ > 0) {
    --skipped_depth_;
  } else if (name == "abstractNum") {
    definition_ = nullptr;
  } else if (name == "num") {
    instance_ = nullptr;
  } else if (name == "lvl") {
    level_ = nullptr;
  }
}

void WordNumbering::start_level(const XmlAttributes& attributes) {
  const std::size_t at = level_of(attributes.get("ilvl"));
  if (definition_ != nullptr) {
    level_ = &definition_->levels[at];
  } else if (instance_ != nullptr) {
    level_ = &instance_->levels[override_];
  } else {
    level_ = nullptr;
    return;
  }
  *level_ = {};
}

void WordNumbering::take(std::string_view name, const XmlAttributes& attributes) {
  const std::string_view value = attributes.get("val");
  if (name == "start") {
    level_->start = start_of(value);
  } else if (name == "numFmt") {
    level_->style = counter_style(value);
    if (value == "custom") level_->min_digits = digits_of(attributes.get("format"));
  } else if (name == "lvlText") {
    level_->text = value.substr(0, kMaxLabelBytes);
    bytes_ += level_->text.size();
  } else if (name == "suff") {
    level_->separator = value == "nothing" ? "" : " ";
  } else if (name == "pStyle") {
    level_->paragraph_style = value;
    bytes_ += value.size();
  } else if (name == "lvlRestart") {
    level_->restart = number_or(value, 0);
  } else if (name == "isLgl") {
    level_->legal = is_on(value);
  } else if (name == "vanish") {
    level_->hidden = is_on(value);
  } else if (name == "rFonts") {
    level_->font = symbol_font(attributes.get("ascii").empty() ? attributes.get("hAnsi") : attributes.get("ascii"));
  }
}

Read<void> WordNumbering::status() const {
  if (definitions_.size() + instances_.size() > kMaxLists || bytes_ > 16 * 1024 * 1024)
    return stop(ExtractExit::kDamaged);
  return {};
}

std::optional<WordNumbering::List> WordNumbering::list(int id, WordStyles& styles) const {
  const auto instance = instances_.find(id);
  if (instance == instances_.end()) return std::nullopt;
  List list;
  list.starts = instance->second.starts;
  list.definition = instance->second.definition;
  auto definition = definitions_.find(list.definition);
  if (definition != definitions_.end() && !definition->second.style_link.empty()) {
    const int linked = styles.paragraph(definition->second.style_link).list.value_or(-1);
    const auto other = instances_.find(linked);
    if (other != instances_.end()) {
      list.definition = other->second.definition;
      definition = definitions_.find(list.definition);
    }
  }
  if (definition == definitions_.end()) return std::nullopt;
  list.levels = &definition->second.levels;
  for (const auto& [at, level] : instance->second.levels) list.own_levels[at] = &level;
  return list;
}

void ListCounters::count(const WordNumbering::List& list, int id, std::size_t level, Counters& counters) {
  for (std::size_t above = 0; above < level; ++above) {
    if (counters[above].started) continue;
    counters[above] = {list.starts[above].value_or(list.level(above).start), true};  // as if it had been there
    if (list.starts[above]) restarted_.emplace(id, above);
  }
  Counter& counter = counters[level];
  if (list.starts[level] && restarted_.emplace(id, level).second) {
    counter = {*list.starts[level], true};
  } else if (!counter.started) {
    counter = {list.starts[level].value_or(list.level(level).start), true};
  } else {
    ++counter.number;
  }
  for (std::size_t below = level + 1; below < kWordListLevels; ++below) {
    const int restart = list.level(below).restart.value_or(static_cast<int>(below));
    if (static_cast<int>(level) < restart) counters[below].started = false;
  }
}

std::string ListCounters::next(const WordNumbering::List& list, int id, std::size_t level) {
  Counters& counters = counters_[list.definition];
  count(list, id, level, counters);
  const WordListLevel& format = list.level(level);
  if (format.hidden) return {};
  if (format.style == CounterStyle::kBullet) return bullet(format, level);
  std::string label;
  const std::string_view text = format.text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_number = text[i] == '%' && i + 1 < text.size() && text[i + 1] >= '1' && text[i + 1] <= '9';
    if (!is_number) {
      label += text[i];
      continue;
    }
    const auto of = static_cast<std::size_t>(text[++i] - '1');
    if (of <= level) label += number_text(counters[of].number, list.level(of), format.legal);
  }
  if (label.find_first_not_of(' ') == std::string::npos) return {};
  return symbol_text(label, format.font).text + format.separator;
}

}  // namespace minions::formats
