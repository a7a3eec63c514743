#include "minion/pseudonyms.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "minion/data_scanners.h"

namespace minions::minion {
namespace {

using namespace scanning;

constexpr DataKind kKinds[] = {DataKind::kPerson,    DataKind::kEmail,      DataKind::kPhone,     DataKind::kCard,
                               DataKind::kAccount,   DataKind::kNationalId, DataKind::kIpAddress, DataKind::kUrl,
                               DataKind::kBirthDate, DataKind::kFile,       DataKind::kLiteral};

struct PlaceholderText {
  std::size_t end;
  std::string canonical;  // PERSON_1
};

// A placeholder as models write them: any case, with the underscore escaped for Markdown or replaced by a space.
std::optional<PlaceholderText> placeholder_at(std::string_view text, std::size_t at) {
  if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '_')) return std::nullopt;
  for (const DataKind kind : kKinds) {
    std::size_t i = at;
    const auto matches = [&](char want) {
      if (want == '_') {
        if (i + 1 < text.size() && text[i] == '\\' && text[i + 1] == '_') ++i;
        return i < text.size() && (text[i] == '_' || text[i] == ' ') && ++i > 0;
      }
      return i < text.size() && lower(text[i]) == lower(want) && ++i > 0;
    };
    const std::string_view name = name_of(kind);
    if (!std::all_of(name.begin(), name.end(), matches) || !matches('_')) continue;
    const std::size_t digits = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    if (i == digits || i - digits > 9 || (i < text.size() && (is_word(text[i]) || text[i] == '_'))) continue;
    return PlaceholderText{i, fmt::format("{}_{}", name, text.substr(digits, i - digits))};
  }
  return std::nullopt;
}

// take(at, end, entry): each placeholder of the map that appears in the text.
template <class Take>
void for_each_of(std::string_view text, const Placeholders& placeholders, const Take& take) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_upper(text[at]) && !is_lower(text[at])) continue;
    const auto found = placeholder_at(text, at);
    if (!found) continue;
    const auto entry = placeholders.find(found->canonical);
    if (entry == placeholders.end()) continue;
    take(at, found->end, *entry);
    at = found->end - 1;
  }
}

void find_literals(std::string_view text, std::vector<DataSpan>& to) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_upper(text[at]) && !is_lower(text[at])) continue;
    if (const auto found = placeholder_at(text, at)) to.push_back({at, found->end, DataKind::kLiteral});
  }
}

// Reduces the spellings of a number or an address to one value.
std::string folded(DataKind kind, std::string_view value) {
  const bool spaces_count = kind == DataKind::kPerson || kind == DataKind::kFile || kind == DataKind::kLiteral;
  std::string text;
  for (const char c : value) {
    if (spaces_count) {
      text += c;
    } else if (kind == DataKind::kEmail || kind == DataKind::kUrl || kind == DataKind::kIpAddress ||
               kind == DataKind::kBirthDate) {
      text += lower(c);
    } else if (is_alnum(c) || c == '+') {
      text += lower(c);
    }
  }
  return text;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

bool is_name_word(std::string_view word) {
  const bool letters = std::all_of(word.begin(), word.end(), [](char c) {
    return (is_word(c) && !is_digit(c)) || c == '-' || c == '\'' || c == '.';
  });
  return letters && std::any_of(word.begin(), word.end(), is_word);
}

bool is_capital(std::string_view word) { return is_upper(word[0]) || static_cast<unsigned char>(word[0]) >= 0x80; }

// A word that stands for the person by itself. Months and weekdays do not: they would hide dates.
bool stands_for_person(std::string_view word) {
  constexpr std::string_view kNever[] = {"January",  "February", "March",    "April",     "May",
                                         "June",     "July",     "August",   "September", "October",
                                         "November", "December", "Monday",   "Tuesday",   "Wednesday",
                                         "Thursday", "Friday",   "Saturday", "Sunday",    "The"};
  return word.size() >= 3 && is_capital(word) && word.back() != '.' &&
         std::find(std::begin(kNever), std::end(kNever), word) == std::end(kNever);
}

}  // namespace

const std::string& Pseudonyms::placeholder_for(DataKind kind, std::string_view value) {
  const auto [found, added] = by_value_.try_emplace({kind, folded(kind, value)}, entries_.size());
  if (added) {
    entries_.push_back({fmt::format("{}_{}", name_of(kind), ++counts_[kind]), kind});
    placeholders_.try_emplace(entries_.back().placeholder, chat::Text(std::string(value)));
    if (kind != DataKind::kLiteral) add_known(value, found->second);
  }
  return entries_[found->second].placeholder;
}

void Pseudonyms::add_known(std::string_view text, std::size_t entry) { known_.try_emplace(std::string(text), entry); }

bool Pseudonyms::add_name(std::string_view name) {
  constexpr std::size_t kWords = 6;
  constexpr std::size_t kBytes = 80;
  const std::vector<std::string_view> words = words_of(name);
  if (words.empty() || words.size() > kWords || name.size() > kBytes || name.size() < 2) return false;
  if (!std::all_of(words.begin(), words.end(), is_name_word) || !std::any_of(words.begin(), words.end(), is_capital))
    return false;
  if (placeholder_at(name, 0)) return false;
  // A single word that appears inside a longer name already stands for that one.
  if (known_.contains(name)) return true;
  (void)placeholder_for(DataKind::kPerson, name);
  const std::size_t entry = by_value_.at({DataKind::kPerson, folded(DataKind::kPerson, name)});
  if (words.size() > 1) {
    for (const std::string_view word : {words.front(), words.back()}) {
      if (stands_for_person(word)) add_known(word, entry);
    }
  }
  return true;
}

void Pseudonyms::add_file(std::string_view name) {
  if (!name.empty()) (void)placeholder_for(DataKind::kFile, name);
}

void Pseudonyms::find_known(std::string_view text, std::vector<DataSpan>& to) const {
  for (const auto& [known, entry] : known_) {
    for (std::size_t at = text.find(known); at != std::string_view::npos; at = text.find(known, at + 1)) {
      if (stands_alone(text, at, at + known.size())) to.push_back({at, at + known.size(), entries_[entry].kind});
    }
  }
}

chat::Text Pseudonyms::hide(std::string_view text) {
  // Learns everything before replacing anything, so that a date which is one of birth further on is hidden here too.
  std::vector<DataSpan> spans = find_personal_data(text);
  for (const DataSpan& span : spans) {
    const std::string_view value = text.substr(span.begin, span.end - span.begin);
    if (span.kind == DataKind::kPerson) {
      add_name(value);
    } else {
      (void)placeholder_for(span.kind, value);
    }
  }
  std::erase_if(spans, [](const DataSpan& span) {
    return span.kind == DataKind::kPerson;  // by find_known, with their parts
  });
  find_literals(text, spans);
  find_known(text, spans);
  keep_first_and_longest(spans);
  std::string hidden;
  std::size_t at = 0;
  for (const DataSpan& span : spans) {
    hidden.append(text.substr(at, span.begin - at));
    const std::string_view value = text.substr(span.begin, span.end - span.begin);
    const auto known = known_.find(value);
    hidden += known != known_.end() && span.kind != DataKind::kLiteral ? entries_[known->second].placeholder
                                                                       : placeholder_for(span.kind, value);
    at = span.end;
  }
  hidden.append(text.substr(at));
  return chat::Text(std::move(hidden));
}

chat::Text put_back(std::string_view text, const Placeholders& placeholders) {
  std::string whole;
  std::size_t plain = 0;
  for_each_of(text, placeholders, [&](std::size_t at, std::size_t end, const auto& placeholder) {
    whole.append(text.substr(plain, at - plain)).append(placeholder.second.reveal());
    plain = end;
  });
  whole.append(text.substr(plain));
  return chat::Text(std::move(whole));
}

std::set<std::string> placeholders_in(std::string_view text, const Placeholders& placeholders) {
  std::set<std::string> found;
  for_each_of(text, placeholders,
              [&](std::size_t, std::size_t, const auto& placeholder) { found.insert(placeholder.first); });
  return found;
}

}  // namespace minions::minion
