#include "formats/odf_lists.h"

#include <algorithm>

namespace minions::formats {
namespace {

constexpr std::size_t kMaxLists = 20'000;

std::string roman(unsigned number) {
  constexpr std::pair<unsigned, const char*> kDigits[] = {{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"},
                                                          {90, "xc"},  {50, "l"},   {40, "xl"}, {10, "x"},   {9, "ix"},
                                                          {5, "v"},    {4, "iv"},   {1, "i"}};
  std::string text;
  for (const auto& [value, digits] : kDigits) {
    for (; number >= value; number -= value) text += digits;
  }
  return text;
}

std::string letters(unsigned number, bool repeats) {
  if (repeats) return std::string((number - 1) / 26 + 1, static_cast<char>('a' + (number - 1) % 26));
  std::string text;
  for (; number > 0; number = (number - 1) / 26) text.insert(text.begin(), static_cast<char>('a' + (number - 1) % 26));
  return text;
}

std::string shown(unsigned number, const ListLevel& level) {
  const char format = level.format.empty() ? '\0' : level.format[0];
  std::string text;
  if ((format == 'i' || format == 'I') && number > 0 && number < 4000) {
    text = roman(number);
  } else if ((format == 'a' || format == 'A') && number > 0 && number < 1000) {
    text = letters(number, level.repeats_letters);
  } else {
    return std::to_string(number);
  }
  if (format == 'I' || format == 'A') {
    for (char& c : text) c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace

std::string ListNumbers::next(const ListStyle& style, std::size_t level, unsigned start) {
  const ListLevel& own = style[level];
  if (own.kind == ListLevel::Kind::kNumber) {
    last_[level] = start > 0 ? start : has_begun_[level] ? last_[level] + 1 : own.start;
    has_begun_[level] = true;
  }
  std::fill(has_begun_.begin() + static_cast<std::ptrdiff_t>(level) + 1, has_begun_.end(), false);
  if (own.kind == ListLevel::Kind::kBullet) return "-";
  if (own.kind == ListLevel::Kind::kPlain) return {};
  std::string numbers;
  for (std::size_t i = level + 1 - std::min<std::size_t>(own.shown_levels, level + 1); i <= level; ++i) {
    if (style[i].kind != ListLevel::Kind::kNumber || style[i].format.empty()) continue;
    if (!numbers.empty()) numbers += '.';
    numbers += shown(has_begun_[i] ? last_[i] : style[i].start, style[i]);
  }
  return own.prefix + numbers + own.suffix;
}

ListNumbers ListMemory::of_style(const std::string& style) const {
  const auto found = by_style_.find(style);
  return found == by_style_.end() ? ListNumbers() : found->second;
}

ListNumbers ListMemory::of_id(const std::string& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? ListNumbers() : found->second;
}

void ListMemory::keep(const std::string& style, const std::string& id, const ListNumbers& numbers) {
  if (by_style_.size() < kMaxLists || by_style_.contains(style)) by_style_[style] = numbers;
  if (!id.empty() && by_id_.size() < kMaxLists) by_id_[id] = numbers;
}

}  // namespace minions::formats
