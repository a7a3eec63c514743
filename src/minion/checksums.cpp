#include "minion/checksums.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace minions::minion {
namespace {

int digit(char c) { return c - '0'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

std::uint64_t number(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(digit(c));
  return value;
}

template <std::size_t N>
int weighted(std::string_view digits, const std::array<int, N>& weights) {
  int sum = 0;
  for (std::size_t i = 0; i < N && i < digits.size(); ++i) sum += digit(digits[i]) * weights[i];
  return sum;
}

bool one_digit_only(std::string_view digits) {
  return std::all_of(digits.begin(), digits.end(), [&](char c) { return c == digits.front(); });
}

// Digits as they are, letters as 10 to 35, the whole modulo 97.
int modulo_97(std::string_view text) {
  int rest = 0;
  for (const char c : text) {
    const int value = is_digit(c) ? digit(c) : c - 'A' + 10;
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

struct CountryLength {
  std::string_view country;
  std::size_t length;
};
// The SWIFT IBAN registry.
constexpr CountryLength kIbanLengths[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22}, {"BH", 22},
    {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DK", 18}, {"DO", 28},
    {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23},
    {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26},
    {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20},
    {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MR", 27}, {"MT", 31}, {"MU", 30},
    {"NL", 18}, {"NO", 15}, {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22},
    {"SA", 24}, {"SC", 31}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"ST", 25}, {"SV", 28}, {"TL", 23},
    {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}};

}  // namespace

bool luhn(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int value = digit(digits[digits.size() - 1 - i]);
    if (i % 2 == 1) value = value * 2 > 9 ? value * 2 - 9 : value * 2;
    sum += value;
  }
  return !digits.empty() && sum % 10 == 0 && !one_digit_only(digits);
}

bool iban(std::string_view text) {
  if (text.size() < 15) return false;
  const auto* country = std::find_if(std::begin(kIbanLengths), std::end(kIbanLengths),
                                     [&](const CountryLength& one) { return text.starts_with(one.country); });
  if (country == std::end(kIbanLengths) || text.size() != country->length) return false;
  if (!is_digit(text[2]) || !is_digit(text[3])) return false;
  return modulo_97(std::string(text.substr(4)) + std::string(text.substr(0, 4))) == 1;
}

bool us_ssn(std::string_view digits) {
  if (digits.size() != 9) return false;
  const std::uint64_t area = number(digits.substr(0, 3));
  return area != 0 && area != 666 && area < 900 && digits.substr(3, 2) != "00" && digits.substr(5) != "0000";
}

bool uk_nino(std::string_view text) {
  constexpr std::string_view kNeverFirst = "DFIQUV";
  constexpr std::string_view kNeverSecond = "DFIQUVO";
  if (text.size() != 9 || text.back() < 'A' || text.back() > 'D') return false;
  if (kNeverFirst.find(text[0]) != std::string_view::npos || kNeverSecond.find(text[1]) != std::string_view::npos)
    return false;
  const std::string_view prefix = text.substr(0, 2);
  return prefix != "BG" && prefix != "GB" && prefix != "NK" && prefix != "KN" && prefix != "TN" && prefix != "NT" &&
         prefix != "ZZ";
}

bool uk_nhs(std::string_view digits) {
  if (digits.size() != 10 || one_digit_only(digits)) return false;
  const int rest = 11 - weighted(digits, std::array{10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return rest != 10 && rest % 11 == digit(digits[9]);
}

bool german_tax_id(std::string_view digits) {
  if (digits.size() != 11 || digits[0] == '0') return false;
  // One of the first ten digits appears two or three times, and none more often.
  int most = 0;
  for (char c = '0'; c <= '9'; ++c)
    most = std::max(most, static_cast<int>(std::count(digits.begin(), digits.begin() + 10, c)));
  if (most < 2 || most > 3) return false;
  int product = 10;
  for (std::size_t i = 0; i < 10; ++i) {
    int sum = (digit(digits[i]) + product) % 10;
    if (sum == 0) sum = 10;
    product = sum * 2 % 11;
  }
  return (11 - product) % 10 == digit(digits[10]);
}

bool spanish_dni(std::string_view text) {
  constexpr std::string_view kLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
  if (text.size() != 9) return false;
  std::string digits(text.substr(0, 8));
  if (digits[0] >= 'X' && digits[0] <= 'Z') digits[0] = static_cast<char>('0' + (digits[0] - 'X'));
  return all_digits(digits) && kLetters[number(digits) % 23] == text[8];
}

bool italian_tax_code(std::string_view text) {
  // Values of digits and letters at odd positions, from the decree of 23 December 1976.
  constexpr std::array<int, 26> kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                        20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  if (text.size() != 16) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 15; ++i) {
    const int value = is_digit(text[i]) ? digit(text[i]) : text[i] - 'A';
    sum += i % 2 == 0 ? kOdd[static_cast<std::size_t>(value)] : value;
  }
  return text[15] == static_cast<char>('A' + sum % 26);
}

bool french_nir(std::string_view text) {
  if (text.size() != 15) return false;
  std::string digits(text.substr(0, 13));
  std::uint64_t less = 0;
  if (digits[5] == '2' && (digits[6] == 'A' || digits[6] == 'B')) {
    less = digits[6] == 'A' ? 1'000'000 : 2'000'000;
    digits[6] = '0';
  }
  if (!all_digits(digits) || !all_digits(text.substr(13))) return false;
  return 97 - (number(digits) - less) % 97 == number(text.substr(13));
}

bool polish_pesel(std::string_view digits) {
  if (digits.size() != 11 || one_digit_only(digits)) return false;
  const int month = digit(digits[2]) * 10 + digit(digits[3]);
  const int day = digit(digits[4]) * 10 + digit(digits[5]);
  if (month % 20 < 1 || month % 20 > 12 || day < 1 || day > 31) return false;
  return (10 - weighted(digits, std::array{1, 3, 7, 9, 1, 3, 7, 9, 1, 3}) % 10) % 10 == digit(digits[10]);
}

bool swedish_number(std::string_view digits) {
  if (digits.size() != 10) return false;
  const int month = digit(digits[2]) * 10 + digit(digits[3]);
  const int day = (digit(digits[4]) * 10 + digit(digits[5])) % 60;  // coordination numbers add 60
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && luhn(digits);
}

bool dutch_bsn(std::string_view digits) {
  if (digits.size() != 9 || one_digit_only(digits)) return false;
  return (weighted(digits, std::array{9, 8, 7, 6, 5, 4, 3, 2}) - digit(digits[8])) % 11 == 0;
}

bool belgian_number(std::string_view digits) {
  if (digits.size() != 11) return false;
  const std::uint64_t check = number(digits.substr(9));
  const std::uint64_t body = number(digits.substr(0, 9));
  return 97 - body % 97 == check || 97 - (2'000'000'000 + body) % 97 == check;  // born before and from 2000 on
}

bool swiss_ahv(std::string_view digits) {
  if (digits.size() != 13 || !digits.starts_with("756")) return false;
  const int sum = weighted(digits, std::array{1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3});
  return (10 - sum % 10) % 10 == digit(digits[12]);
}

bool brazilian_cpf(std::string_view digits) {
  if (digits.size() != 11 || one_digit_only(digits)) return false;
  const int first = weighted(digits, std::array{10, 9, 8, 7, 6, 5, 4, 3, 2}) * 10 % 11 % 10;
  const int second = weighted(digits, std::array{11, 10, 9, 8, 7, 6, 5, 4, 3, 2}) * 10 % 11 % 10;
  return first == digit(digits[9]) && second == digit(digits[10]);
}

bool indian_aadhaar(std::string_view digits) {
  // The dihedral group of order ten, and the powers of the permutation (1 5 8 9 4 2 7 0)(3 6).
  constexpr std::array<std::string_view, 10> kProduct = {"0123456789", "1234067895", "2340178956", "3401289567",
                                                         "4012395678", "5987604321", "6598710432", "7659821043",
                                                         "8765932104", "9876543210"};
  constexpr std::array<std::string_view, 8> kPower = {"0123456789", "1576283094", "5803796142", "8916043527",
                                                      "9453126870", "4286573901", "2793806415", "7046913258"};
  if (digits.size() != 12 || digits[0] < '2') return false;
  std::size_t check = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    const char moved = kPower[i % 8][static_cast<std::size_t>(digit(digits[11 - i]))];
    check = static_cast<std::size_t>(digit(kProduct[check][static_cast<std::size_t>(digit(moved))]));
  }
  return check == 0;
}

bool chinese_id(std::string_view text) {
  if (text.size() != 18 || !all_digits(text.substr(0, 17))) return false;
  const std::uint64_t month = number(text.substr(10, 2));
  const std::uint64_t day = number(text.substr(12, 2));
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  const int rest = weighted(text, std::array{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}) % 11;
  return std::string_view("10X98765432")[static_cast<std::size_t>(rest)] == text[17];
}

}  // namespace minions::minion
