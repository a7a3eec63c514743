#include <algorithm>
#include <array>

#include "minion/data_scanners.h"

namespace minions::minion {
namespace {

using namespace scanning;

struct DialledNumber {
  std::size_t end;
  std::size_t digits;
  bool grouped;  // spaces, dashes, brackets or dots between digits
};

// Digits with the separators that people write.
DialledNumber dialled(std::string_view text, std::size_t at) {
  DialledNumber number{at, 0, false};
  for (std::size_t i = at; i < text.size() && number.digits < 18; ++i) {
    const char c = text[i];
    if (is_digit(c)) {
      ++number.digits;
      number.end = i + 1;
    } else if (std::string_view(" -./()").find(c) != std::string_view::npos && i + 1 < text.size() &&
               std::string_view("0123456789(")
                       .find(text[i + (c == ')' && text[i + 1] == ' ' && i + 2 < text.size() ? 2 : 1)]) !=
                   std::string_view::npos) {
      number.grouped = true;
      if (c == ')' && text[i + 1] == ' ') ++i;
    } else if (!(c == '+' && i == at) && !(c == '(' && i == at)) {
      break;
    }
  }
  return number;
}

// 2026-11-26, 26.11.2026, 11/26/2026: a date, not a number to dial.
bool is_date_like(std::string_view text) {
  std::array<std::size_t, 3> parts{};
  std::size_t part = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      ++parts[part];
    } else if (++part == parts.size()) {
      return false;
    }
  }
  return part == 2 &&
         ((parts[0] == 4 && parts[1] <= 2 && parts[2] <= 2) || (parts[0] <= 2 && parts[1] <= 2 && parts[2] == 4));
}

bool is_phone(std::string_view text, std::size_t at, const DialledNumber& number) {
  static const std::vector<std::string_view> kWords = {"call",  "cell",  "contact", "fax",     "handy",     "mobile",
                                                       "mobil", "phone", "tel",     "telefon", "telephone", "whatsapp"};
  constexpr std::size_t kReach = 24;
  const std::string_view whole = text.substr(at, number.end - at);
  if (number.digits < 7 || number.digits > 15 || is_date_like(whole)) return false;
  if (text[at] == '+') return number.digits >= 8;
  if (word_before(text, at, kReach, kWords)) return true;
  if (!number.grouped || number.digits < 9) return false;
  // 0.123456789: a decimal number.
  const std::size_t separator = whole.find_first_not_of("0123456789");
  if (whole[separator] == '.' && whole.find_first_not_of("0123456789", separator + 1) == std::string_view::npos)
    return false;
  const bool american = number.digits == 10 && (text[at] == '(' || (text[at] >= '2' && whole.find_first_of("-.") == 3));
  return american || whole.starts_with("0") || whole.starts_with("(0");
}

bool is_month(std::string_view word) {
  constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "mär", "apr", "may", "mai", "jun",
                                          "jul", "aug", "sep", "oct", "okt", "nov", "dec", "dez"};
  std::string folded(word);
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);
  return std::any_of(std::begin(kMonths), std::end(kMonths),
                     [&](std::string_view month) { return folded.starts_with(month); });
}

std::size_t skip(std::string_view text, std::size_t at, std::string_view what) {
  while (at < text.size() && what.find(text[at]) != std::string_view::npos) ++at;
  return at;
}
std::size_t digits_end(std::string_view text, std::size_t at) { return skip(text, at, "0123456789"); }
std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_word(text[at]) && !is_digit(text[at])) ++at;
  return at;
}

// The end of a date that begins at `at`; `at` if there is none.
std::size_t date_end(std::string_view text, std::size_t at) {
  const std::size_t first = digits_end(text, at);
  if (first > at && first - at <= 4) {
    for (const char separator : std::string_view("-./")) {
      if (first == text.size() || text[first] != separator) continue;
      const std::size_t second = digits_end(text, first + 1);
      if (second == first + 1 || second == text.size() || text[second] != separator) continue;
      const std::size_t third = digits_end(text, second + 1);
      if (third > second + 1 && third - at >= 6 && third - at <= 10) return third;
    }
    // 26 November 1970, 26. November 1970, 26th of November 1970
    std::size_t word = skip(text, first, "stndrh. ");
    if (word_at(text, word, "of")) word = skip(text, word + 2, " ");
    const std::size_t end = word_end(text, word);
    const std::size_t year = skip(text, end, "., ");
    if (end > word && is_month(text.substr(word, end - word)) && digits_end(text, year) - year == 4) return year + 4;
    return at;
  }
  // November 26, 1970
  const std::size_t end = word_end(text, at);
  if (end == at || !is_month(text.substr(at, end - at))) return at;
  const std::size_t day = skip(text, end, ". ");
  const std::size_t after = digits_end(text, day);
  const std::size_t year = skip(text, after, "stndrh, ");
  if (after > day && after - day <= 2 && digits_end(text, year) - year == 4) return year + 4;
  return at;
}

constexpr std::string_view kTitles[] = {"mr",        "mrs", "ms",    "miss",   "mx",     "dr",     "prof",
                                        "professor", "sir", "dame",  "herr",   "herrn",  "frau",   "madame",
                                        "monsieur",  "mme", "señor", "señora", "signor", "signora"};
constexpr std::string_view kLabels[] = {"name",    "full name", "first name", "last name", "surname",
                                        "patient", "employee",  "client",     "customer",  "applicant",
                                        "contact", "attn",      "signed",     "author",    "recipient",
                                        "tenant",  "landlord",  "borrower",   "claimant",  "witness"};

// Up to four capitalised words in one line, with initials and "von", "de" between them. The end; `at` if there is none.
std::size_t name_end(std::string_view text, std::size_t at) {
  constexpr std::string_view kParticles[] = {"von", "van", "der", "den", "de",  "del", "della", "di",
                                             "da",  "la",  "le",  "zu",  "bin", "al",  "el",    "ter"};
  std::size_t end = at;
  std::size_t next = at;
  int words = 0;
  while (words < 4 && next < text.size()) {
    std::size_t stop = next;
    while (stop < text.size() && (is_word(text[stop]) || text[stop] == '-' || text[stop] == '\'') &&
           !is_digit(text[stop]))
      ++stop;
    const std::string_view word = text.substr(next, stop - next);
    if (word.empty()) break;
    const bool capital = is_upper(word[0]) || static_cast<unsigned char>(word[0]) >= 0x80;
    const bool particle = std::find(std::begin(kParticles), std::end(kParticles), word) != std::end(kParticles);
    if (!capital && !particle) break;
    if (capital) {
      ++words;
      end = stop;
      if (word.size() == 1 && stop < text.size() && text[stop] == '.') end = ++stop;
    }
    next = skip(text, stop, " ");
    if (next == stop) break;
  }
  return end;
}

}  // namespace

void scan_phones(std::string_view text, std::vector<DataSpan>& to) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (!(is_digit(c) || c == '+' || c == '(')) continue;
    if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '+')) continue;
    // Inside a longer run of digits.
    if (at > 1 && c != '+' && std::string_view("-./ ").find(text[at - 1]) != std::string_view::npos &&
        is_digit(text[at - 2]))
      continue;
    const DialledNumber number = dialled(text, at);
    if (number.end > at && stands_alone(text, at, number.end) && is_phone(text, at, number))
      to.push_back({at, number.end, DataKind::kPhone});
  }
}

void scan_birth_dates(std::string_view text, std::vector<DataSpan>& to) {
  static const std::vector<std::string_view> kWords = {
      "born",         "birth", "birthday", "birthdate", "dob",  "d.o.b", "geboren", "geb",
      "geburtsdatum", "né",    "née",      "naissance", "nato", "nata",  "nacido",  "nacida"};
  constexpr std::size_t kReach = 40;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_word(text[at]) || (at > 0 && is_word(text[at - 1]))) continue;
    const std::size_t end = date_end(text, at);
    if (end > at && stands_alone(text, at, end) && word_before(text, at, kReach, kWords))
      to.push_back({at, end, DataKind::kBirthDate});
  }
}

void scan_marked_names(std::string_view text, std::vector<DataSpan>& to) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_word(text[at]) || (at > 0 && is_word(text[at - 1]))) continue;
    for (const std::string_view title : kTitles) {
      if (!word_at(text, at, title) || is_lower(text[at])) continue;
      const std::size_t begin = skip(text, at + title.size(), ". ");
      const std::size_t end = begin > at + title.size() ? name_end(text, begin) : begin;
      if (end > begin) to.push_back({begin, end, DataKind::kPerson});
    }
    for (const std::string_view label : kLabels) {
      if (!word_at(text, at, label)) continue;
      const std::size_t colon = at + label.size();
      if (colon == text.size() || text[colon] != ':') continue;
      const std::size_t begin = skip(text, colon + 1, " \t");
      if (const std::size_t end = name_end(text, begin); end > begin) to.push_back({begin, end, DataKind::kPerson});
    }
  }
}

}  // namespace minions::minion
