#include "formats/counter_format.h"

#include <algorithm>
#include <array>
#include <utility>

#include "formats/text_decoding.h"

namespace minions::formats {
namespace {

constexpr std::uint32_t kMaxRepeats = 30;  // of a letter: aaa is 53

std::string utf8(char32_t code_point) {
  std::string text;
  append_utf8(text, code_point);
  return text;
}

// Past the last letter each is doubled: z, aa, bb.
std::string letters(std::uint32_t number, std::u32string_view alphabet) {
  const auto size = static_cast<std::uint32_t>(alphabet.size());
  if (number == 0 || (number - 1) / size >= kMaxRepeats) return std::to_string(number);
  std::string text;
  for (std::uint32_t i = 0; i <= (number - 1) / size; ++i) append_utf8(text, alphabet[(number - 1) % size]);
  return text;
}

std::string roman(std::uint32_t number) {
  if (number == 0 || number > 9999) return std::to_string(number);
  constexpr std::array<std::pair<std::uint32_t, std::string_view>, 13> kParts = {{{1000, "M"},
                                                                                  {900, "CM"},
                                                                                  {500, "D"},
                                                                                  {400, "CD"},
                                                                                  {100, "C"},
                                                                                  {90, "XC"},
                                                                                  {50, "L"},
                                                                                  {40, "XL"},
                                                                                  {10, "X"},
                                                                                  {9, "IX"},
                                                                                  {5, "V"},
                                                                                  {4, "IV"},
                                                                                  {1, "I"}}};
  std::string text;
  for (const auto& [value, part] : kParts) {
    for (; number >= value; number -= value) text += part;
  }
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return text;
}

std::string_view ordinal_end(std::uint32_t number) {
  if (number % 100 >= 11 && number % 100 <= 13) return "th";
  switch (number % 10) {
    case 1: return "st";
    case 2: return "nd";
    case 3: return "rd";
    default: return "th";
  }
}

constexpr std::array<std::string_view, 20> kOnes = {
    "Zero", "One",    "Two",    "Three",    "Four",     "Five",    "Six",     "Seven",     "Eight",    "Nine",
    "Ten",  "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
constexpr std::array<std::string_view, 20> kOrdinals = {
    "Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",     "Sixth",
    "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",   "Thirteenth",
    "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
constexpr std::array<std::string_view, 10> kTens = {"",      "",      "Twenty",  "Thirty", "Forty",
                                                    "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"};

std::string in_words(std::uint32_t number, bool ordinal) {
  if (number >= 100) return std::to_string(number) + (ordinal ? std::string(ordinal_end(number)) : std::string());
  if (number < 20) return std::string(ordinal ? kOrdinals[number] : kOnes[number]);
  std::string text(kTens[number / 10]);
  if (number % 10 > 0) return text + "-" + lower(std::string(ordinal ? kOrdinals[number % 10] : kOnes[number % 10]));
  if (!ordinal) return text;
  text.back() = 'i';
  return text + "eth";
}

constexpr std::u32string_view kIdeographs = U"〇一二三四五六七八九";

std::string digits(std::uint32_t number, std::u32string_view ten) {
  std::string text;
  for (const char c : std::to_string(number)) append_utf8(text, ten[static_cast<std::size_t>(c - '0')]);
  return text;
}

// 21 is two tens and one.
std::string ideograph_counting(std::uint32_t number) {
  if (number == 0 || number >= 100) return digits(number, kIdeographs);
  std::string text;
  if (number >= 20) text += utf8(kIdeographs[number / 10]);
  if (number >= 10) text += utf8(U'十');
  if (number % 10 > 0) text += utf8(kIdeographs[number % 10]);
  return text;
}

std::string in_range(std::uint32_t number, char32_t first, std::uint32_t count) {
  return number == 0 || number > count ? std::to_string(number) : utf8(first + number - 1);
}

std::string hex(std::uint32_t number) {
  std::string text;
  do {
    text.insert(text.begin(), "0123456789ABCDEF"[number % 16]);
    number /= 16;
  } while (number > 0);
  return text;
}

constexpr std::u32string_view kLatin = U"abcdefghijklmnopqrstuvwxyz";
constexpr std::u32string_view kCapitals = U"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::u32string_view kRussian = U"абвгдежзиклмнопрстуфхцчшщыэюя";
constexpr std::u32string_view kRussianCapitals = U"АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ";

}  // namespace

CounterStyle counter_style(std::string_view name) {
  using enum CounterStyle;
  constexpr std::array<std::pair<std::string_view, CounterStyle>, 36> kNames = {
      {{"decimalZero", kDecimalZero},
       {"lowerLetter", kLowerLetter},
       {"upperLetter", kUpperLetter},
       {"lowerRoman", kLowerRoman},
       {"upperRoman", kUpperRoman},
       {"ordinal", kOrdinal},
       {"cardinalText", kCardinalText},
       {"ordinalText", kOrdinalText},
       {"hex", kHex},
       {"decimalEnclosedCircle", kEnclosedCircle},
       {"decimalEnclosedCircleChinese", kEnclosedCircle},
       {"decimalEnclosedParen", kEnclosedParenthesis},
       {"decimalFullWidth", kFullWidth},
       {"decimalFullWidth2", kFullWidth},
       {"numberInDash", kInDashes},
       {"chicago", kFootnoteMarks},
       {"russianLower", kLowerRussian},
       {"russianUpper", kUpperRussian},
       {"ideographDigital", kIdeographDigits},
       {"japaneseDigitalTenThousand", kIdeographDigits},
       {"taiwaneseDigital", kIdeographDigits},
       {"koreanDigital2", kIdeographDigits},
       {"chineseCounting", kIdeographCounting},
       {"chineseCountingThousand", kIdeographCounting},
       {"taiwaneseCounting", kIdeographCounting},
       {"taiwaneseCountingThousand", kIdeographCounting},
       {"japaneseCounting", kIdeographCounting},
       {"ideographTraditional", kHeavenlyStems},
       {"ideographZodiac", kEarthlyBranches},
       {"none", kNone},
       {"bullet", kBullet},
       {"alphaLc", kLowerLetter},
       {"alphaUc", kUpperLetter},
       {"romanLc", kLowerRoman},
       {"romanUc", kUpperRoman},
       {"circleNum", kEnclosedCircle}}};
  const auto* const found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& entry) { return entry.first == name; });
  return found == kNames.end() ? kDecimal : found->second;
}

std::string counter_text(std::uint32_t number, CounterStyle style) {
  switch (style) {
    case CounterStyle::kDecimal: return std::to_string(number);
    case CounterStyle::kDecimalZero: return (number < 10 ? "0" : "") + std::to_string(number);
    case CounterStyle::kLowerLetter: return letters(number, kLatin);
    case CounterStyle::kUpperLetter: return letters(number, kCapitals);
    case CounterStyle::kLowerRoman: return lower(roman(number));
    case CounterStyle::kUpperRoman: return roman(number);
    case CounterStyle::kOrdinal: return std::to_string(number) + std::string(ordinal_end(number));
    case CounterStyle::kCardinalText: return in_words(number, false);
    case CounterStyle::kOrdinalText: return in_words(number, true);
    case CounterStyle::kHex: return hex(number);
    case CounterStyle::kEnclosedCircle: return in_range(number, U'\u2460', 20);
    case CounterStyle::kEnclosedParenthesis: return in_range(number, U'\u2474', 20);
    case CounterStyle::kFullWidth:
      return digits(number, U"\uFF10\uFF11\uFF12\uFF13\uFF14\uFF15\uFF16\uFF17\uFF18\uFF19");
    case CounterStyle::kInDashes: return "- " + std::to_string(number) + " -";
    case CounterStyle::kFootnoteMarks: return letters(number, U"*\u2020\u2021\u00A7");
    case CounterStyle::kLowerRussian: return letters(number, kRussian);
    case CounterStyle::kUpperRussian: return letters(number, kRussianCapitals);
    case CounterStyle::kIdeographDigits: return digits(number, kIdeographs);
    case CounterStyle::kIdeographCounting: return ideograph_counting(number);
    case CounterStyle::kHeavenlyStems:
      return number > 10 ? std::to_string(number) : letters(number, U"甲乙丙丁戊己庚辛壬癸");
    case CounterStyle::kEarthlyBranches:
      return number > 12 ? std::to_string(number) : letters(number, U"子丑寅卯辰巳午未申酉戌亥");
    case CounterStyle::kNone:
    case CounterStyle::kBullet: break;
  }
  return {};
}

}  // namespace minions::formats
