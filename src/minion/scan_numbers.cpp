#include <algorithm>
#include <optional>

#include "minion/checksums.h"
#include "minion/data_scanners.h"

namespace minions::minion {
namespace {

using namespace scanning;

// The form of an id: d a digit, A a letter, X a letter or digit; `_` a space, dot, dash or slash, or nothing; anything
// else itself.
struct IdForm {
  std::string_view form;
  bool (*check)(std::string_view);
  std::string_view words;  // separated by commas: without one of them before it, any number could match
};
constexpr IdForm kIds[] = {
    {"ddd-dd-dddd", us_ssn, ""},
    {"ddddddddd", us_ssn, "ssn,social security,social security number"},
    {"AA_dd_dd_dd_A", uk_nino, ""},
    {"ddd_ddd_dddd", uk_nhs, "nhs,nhs number,patient"},
    {"dd_ddd_ddd_ddd", german_tax_id, ""},
    {"dddddddd_A", spanish_dni, ""},
    {"A_ddddddd_A", spanish_dni, ""},
    {"AAA_AAA_XXXXX_XXXXX", italian_tax_code, ""},
    {"d_dd_dd_dX_ddd_ddd_dd", french_nir, ""},
    {"ddddddddddd", polish_pesel, ""},
    {"dddddd-dddd", swedish_number, ""},
    {"dddddd+dddd", swedish_number, ""},
    {"ddddddddd", dutch_bsn, "bsn,burgerservicenummer"},
    {"dd.dd.dd-ddd.dd", belgian_number, ""},
    {"756_dddd_dddd_dd", swiss_ahv, ""},
    {"ddd_ddd_ddd_dd", brazilian_cpf, ""},
    {"dddd_dddd_dddd", indian_aadhaar, ""},
    {"dddddddddddddddddX", chinese_id, ""},
};

bool is_separator(char c) { return c == ' ' || c == '-' || c == '.' || c == '/'; }

bool fits(char form, char c) {
  switch (form) {
    case 'd': return is_digit(c);
    case 'A': return is_upper(c);
    case 'X': return is_upper(c) || is_digit(c);
    default: return form == c;
  }
}

// The end of a match, and its digits and letters.
std::optional<std::size_t> match(std::string_view text, std::size_t at, std::string_view form, std::string& plain) {
  plain.clear();
  for (const char f : form) {
    if (f == '_') {
      if (at < text.size() && is_separator(text[at])) ++at;
      continue;
    }
    if (at == text.size() || !fits(f, text[at])) return std::nullopt;
    if (is_alnum(text[at])) plain += text[at];
    ++at;
  }
  return at;
}

std::vector<std::string_view> split(std::string_view words) {
  std::vector<std::string_view> list;
  while (!words.empty()) {
    const std::size_t comma = words.find(',');
    list.push_back(words.substr(0, comma));
    words.remove_prefix(comma == std::string_view::npos ? words.size() : comma + 1);
  }
  return list;
}

bool begins_number(std::string_view text, std::size_t at) {
  if (!(is_digit(text[at]) || is_upper(text[at]))) return false;
  if (at == 0) return true;
  // After a dot or dash that itself follows a digit, the number began earlier.
  if (is_word(text[at - 1])) return false;
  return !(at > 1 && (text[at - 1] == '-' || text[at - 1] == '.') && is_digit(text[at - 2]));
}

bool ends_number(std::string_view text, std::size_t end) {
  if (end == text.size()) return true;
  if (is_word(text[end])) return false;
  return !(end + 1 < text.size() && (text[end] == '-' || text[end] == '.') && is_digit(text[end + 1]));
}

void scan_ids(std::string_view text, std::size_t at, std::vector<DataSpan>& to) {
  constexpr std::size_t kReach = 48;
  std::string plain;
  for (const IdForm& id : kIds) {
    const auto end = match(text, at, id.form, plain);
    if (!end || !ends_number(text, *end) || !id.check(plain)) continue;
    if (!id.words.empty() && !word_before(text, at, kReach, split(id.words))) continue;
    to.push_back({at, *end, DataKind::kNationalId});
  }
}

// 13 to 19 digits in groups, ISO/IEC 7812; the first digit is a bank's or a merchant's card.
void scan_card(std::string_view text, std::size_t at, std::vector<DataSpan>& to) {
  if (text[at] < '2' || text[at] > '6') return;
  std::string digits;
  std::size_t end = at;
  for (std::size_t i = at; i < text.size() && digits.size() < 20; ++i) {
    if (is_digit(text[i])) {
      digits += text[i];
      end = i + 1;
    } else if (!((text[i] == ' ' || text[i] == '-') && i + 1 < text.size() && is_digit(text[i + 1]))) {
      break;
    }
  }
  if (digits.size() >= 13 && digits.size() <= 19 && ends_number(text, end) && luhn(digits))
    to.push_back({at, end, DataKind::kCard});
}

// The shortest text from `at` that is a whole IBAN: what follows in the line may look like part of it.
void scan_iban(std::string_view text, std::size_t at, std::vector<DataSpan>& to) {
  if (at + 4 > text.size() || !is_upper(text[at]) || !is_upper(text[at + 1]) || !is_digit(text[at + 2])) return;
  std::string plain;
  for (std::size_t i = at; i < text.size() && plain.size() < 34; ++i) {
    const char c = is_lower(text[i]) ? static_cast<char>(text[i] & ~0x20) : text[i];
    if (is_alnum(c)) {
      plain += c;
      if (stands_alone(text, at, i + 1) && iban(plain)) return to.push_back({at, i + 1, DataKind::kAccount});
    } else if (c != ' ' && c != '-') {
      return;
    }
  }
}

}  // namespace

void scan_numbers(std::string_view text, std::vector<DataSpan>& to) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!begins_number(text, at)) continue;
    scan_ids(text, at, to);
    scan_card(text, at, to);
    scan_iban(text, at, to);
  }
}

}  // namespace minions::minion
