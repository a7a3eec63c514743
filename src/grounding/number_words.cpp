#include "grounding/number_words.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace minions::grounding {
namespace {

using Word = std::pair<std::string_view, double>;

const Word* find(std::span<const Word> words, std::string_view text) {
  const auto found = std::find_if(words.begin(), words.end(), [&](const Word& word) { return word.first == text; });
  return found == words.end() ? nullptr : &*found;
}

// English and French below a hundred, folded.
constexpr Word kSmall[] = {
    {"zero", 0},       {"two", 2},          {"three", 3},        {"four", 4},          {"five", 5},
    {"six", 6},        {"seven", 7},        {"eight", 8},        {"nine", 9},          {"ten", 10},
    {"eleven", 11},    {"twelve", 12},      {"thirteen", 13},    {"fourteen", 14},     {"fifteen", 15},
    {"sixteen", 16},   {"seventeen", 17},   {"eighteen", 18},    {"nineteen", 19},     {"deux", 2},
    {"trois", 3},      {"quatre", 4},       {"cinq", 5},         {"sept", 7},          {"huit", 8},
    {"neuf", 9},       {"dix", 10},         {"onze", 11},        {"douze", 12},        {"treize", 13},
    {"quatorze", 14},  {"quinze", 15},      {"seize", 16},       {"dozen", 12},        {"dutzend", 12},
    {"douzaine", 12},  {"second", 2},       {"third", 3},        {"fourth", 4},        {"fifth", 5},
    {"sixth", 6},      {"seventh", 7},      {"eighth", 8},       {"ninth", 9},         {"tenth", 10},
    {"deuxieme", 2},   {"troisieme", 3},    {"quatrieme", 4},    {"cinquieme", 5},     {"half", 0.5},
    {"quarter", 0.25}, {"demi", 0.5},       {"demie", 0.5},      {"quart", 0.25},      {"moitie", 0.5},
    {"halbe", 0.5},    {"halben", 0.5},     {"halber", 0.5},     {"halbes", 0.5},      {"halfte", 0.5},
    {"viertel", 0.25}, {"anderthalb", 1.5}, {"eineinhalb", 1.5}, {"zweieinhalb", 2.5}, {"dreieinhalb", 3.5},
    {"twice", 2},      {"thrice", 3}};
constexpr Word kTens[] = {{"twenty", 20},   {"thirty", 30},   {"forty", 40},     {"fifty", 50},    {"sixty", 60},
                          {"seventy", 70},  {"eighty", 80},   {"ninety", 90},    {"vingt", 20},    {"vingts", 20},
                          {"trente", 30},   {"quarante", 40}, {"cinquante", 50}, {"soixante", 60}, {"septante", 70},
                          {"huitante", 80}, {"nonante", 90}};
constexpr Word kOnes[] = {{"one", 1}, {"un", 1}, {"une", 1}, {"a", 1}, {"an", 1}};
constexpr Word kHundreds[] = {{"hundred", 100}, {"cent", 100}, {"cents", 100}};
constexpr Word kThousands[] = {{"thousand", 1e3}, {"mille", 1e3},    {"million", 1e6},  {"millions", 1e6},
                               {"billion", 1e9},  {"milliard", 1e9}, {"milliards", 1e9}};

constexpr Word kGermanSmall[] = {
    {"null", 0},      {"ein", 1},       {"eins", 1},      {"eine", 1},      {"zwei", 2},      {"zwo", 2},
    {"drei", 3},      {"vier", 4},      {"funf", 5},      {"sechs", 6},     {"sieben", 7},    {"acht", 8},
    {"neun", 9},      {"zehn", 10},     {"elf", 11},      {"zwolf", 12},    {"dreizehn", 13}, {"vierzehn", 14},
    {"funfzehn", 15}, {"sechzehn", 16}, {"siebzehn", 17}, {"achtzehn", 18}, {"neunzehn", 19}};
constexpr Word kGermanTens[] = {{"zwanzig", 20}, {"dreissig", 30}, {"vierzig", 40}, {"funfzig", 50},
                                {"sechzig", 60}, {"siebzig", 70},  {"achtzig", 80}, {"neunzig", 90}};

// Below a hundred, one word: funfundzwanzig.
std::optional<double> german_below_hundred(std::string_view word) {
  if (const Word* small = find(kGermanSmall, word)) return small->second;
  for (const auto& [tens, value] : kGermanTens) {
    if (word == tens) return value;
    if (!word.ends_with(tens)) continue;
    std::string_view front = word.substr(0, word.size() - tens.size());
    if (!front.ends_with("und")) return std::nullopt;
    front.remove_suffix(3);
    const Word* ones = find(kGermanSmall, front);
    if (ones == nullptr || ones->second < 1 || ones->second > 9) return std::nullopt;
    return value + ones->second;
  }
  return std::nullopt;
}

std::optional<double> german_below_thousand(std::string_view word) {
  const std::size_t hundert = word.find("hundert");
  if (hundert == std::string_view::npos) return german_below_hundred(word);
  double value = 1;
  if (hundert > 0) {
    const auto front = german_below_hundred(word.substr(0, hundert));
    if (!front) return std::nullopt;
    value = *front;
  }
  std::string_view rest = word.substr(hundert + 7);
  if (rest.starts_with("und")) rest.remove_prefix(3);
  if (rest.empty()) return value * 100;
  const auto more = german_below_hundred(rest);
  return more ? std::optional(value * 100 + *more) : std::nullopt;
}

// One word, as German writes numbers below a million; ordinals, too: dritten.
std::optional<double> german_number(std::string_view word) {
  if (word == "ein" || word == "eins" || word == "eine") return std::nullopt;
  if (word.size() > 7 && word.ends_with("einhalb")) {
    const auto whole = german_below_thousand(word.substr(0, word.size() - 7));
    return whole ? std::optional(*whole + 0.5) : std::nullopt;
  }
  const std::size_t tausend = word.find("tausend");
  if (tausend != std::string_view::npos) {
    double value = 1;
    if (tausend > 0) {
      const auto front = german_below_thousand(word.substr(0, tausend));
      if (!front) return std::nullopt;
      value = *front;
    }
    std::string_view rest = word.substr(tausend + 7);
    if (rest.starts_with("und")) rest.remove_prefix(3);
    if (rest.empty()) return value * 1000;
    const auto more = german_below_thousand(rest);
    return more ? std::optional(value * 1000 + *more) : std::nullopt;
  }
  if (const auto value = german_below_thousand(word)) return value;
  constexpr Word kOrdinals[] = {{"zweit", 2}, {"dritt", 3}, {"viert", 4}, {"funft", 5}, {"sechst", 6},
                                {"siebt", 7}, {"acht", 8},  {"neunt", 9}, {"zehnt", 10}};
  for (const auto& [stem, value] : kOrdinals) {
    for (const std::string_view ending : {"e", "er", "es", "en", "em", "ens"}) {
      if (word.size() == stem.size() + ending.size() && word.starts_with(stem) && word.ends_with(ending)) return value;
    }
  }
  return std::nullopt;
}

// English and French, over several tokens: two hundred and thirty-five, quatre-vingt-dix-sept.
class SpacedNumber {
 public:
  [[nodiscard]] std::optional<WrittenNumber> read(std::span<const Token> tokens) {
    std::size_t i = 0;
    while (i < tokens.size()) {
      if (any_ && used_ == i && adds_a_part(tokens.subspan(i))) return WrittenNumber{total_ + group_, i + 3};
      const Token& token = tokens[i];
      if (any_ && (token.is_sign("-") || token.is_word("and") || token.is_word("et"))) {
        // `and` joins hundreds and tens; otherwise it joins two numbers.
        const bool joins = token.is_sign("-") ? !token.after_space : last_ >= 20;
        if (!joins || i + 1 >= tokens.size()) break;
        ++i;
        continue;
      }
      if (token.kind != Token::Kind::kWord || !take(token.text)) break;
      any_ = true;
      used_ = ++i;
    }
    if (!any_ || only_article_) return std::nullopt;
    return WrittenNumber{total_ + group_, used_};
  }

 private:
  // nine and a half
  [[nodiscard]] bool adds_a_part(std::span<const Token> tokens) {
    if (tokens.size() < 3 || !tokens[0].is_word("and") || !tokens[1].is_word("a")) return false;
    const bool half = tokens[2].is_word("half");
    if (!half && !tokens[2].is_word("quarter")) return false;
    group_ += half ? 0.5 : 0.25;
    return true;
  }

  // False: the word does not belong to the number.
  [[nodiscard]] bool take(std::string_view word) {
    if (const Word* one = find(kOnes, word)) return take_one(word, one->second);
    if (const Word* small = find(kSmall, word)) return take_small(small->second);
    if (const Word* tens = find(kTens, word)) return take_tens(word, tens->second);
    if (find(kHundreds, word) != nullptr) {
      if (word == "cents" && !any_) return false;  // of money
      group_ = std::max(group_, 1.0) * 100;
      return took(100);
    }
    const Word* thousands = find(kThousands, word);
    if (thousands == nullptr) return false;
    total_ += (group_ > 0 ? group_ : 1.0) * thousands->second;
    group_ = 0;
    return took(1000);
  }

  [[nodiscard]] bool take_one(std::string_view word, double value) {
    const bool article = word == "a" || word == "an";
    if (any_ && (article || !(last_ >= 20 && last_ < 1000))) return false;
    group_ += value;
    last_ = value;
    if (any_) only_article_ = false;
    return true;
  }

  [[nodiscard]] bool take_small(double value) {
    const bool fits = !any_ || last_ >= 20 || last_ == 0.0 || (last_ == 10 && value >= 7);
    if (!fits) return false;
    group_ += value;
    return took(value);
  }

  [[nodiscard]] bool take_tens(std::string_view word, double value) {
    const bool eighty = last_ == 4 && word.starts_with("vingt");  // quatre-vingt
    if (any_ && !eighty && last_ < 100) return false;
    group_ += eighty ? 76 : value;
    return took(eighty ? 80 : value);
  }

  bool took(double value) {
    last_ = value;
    only_article_ = false;
    return true;
  }

  double total_ = 0;
  double group_ = 0;  // below a thousand
  double last_ = 0;   // the last part, by which is judged what may follow
  std::size_t used_ = 0;
  bool any_ = false;
  bool only_article_ = true;
};

constexpr Word kHanDigits[] = {{"\xE9\x9B\xB6", 0}, {"\xE3\x80\x87", 0}, {"\xE4\xB8\x80", 1}, {"\xE4\xBA\x8C", 2},
                               {"\xE4\xB8\xA4", 2}, {"\xE4\xB8\x89", 3}, {"\xE5\x9B\x9B", 4}, {"\xE4\xBA\x94", 5},
                               {"\xE5\x85\xAD", 6}, {"\xE4\xB8\x83", 7}, {"\xE5\x85\xAB", 8}, {"\xE4\xB9\x9D", 9}};
constexpr Word kHanUnits[] = {{"\xE5\x8D\x81", 10}, {"\xE7\x99\xBE", 100}, {"\xE5\x8D\x83", 1000}};
constexpr Word kHanGroups[] = {{"\xE4\xB8\x87", 1e4}, {"\xE4\xBA\xBF", 1e8}};
constexpr std::string_view kHanHalf = "\xE5\x8D\x8A";

std::optional<WrittenNumber> han_number(std::span<const Token> tokens) {
  double total = 0;
  double group = 0;
  double digit = -1;
  std::size_t i = 0;
  std::size_t plain_digits = 0;
  double as_digits = 0;  // 二〇二六
  bool has_unit = false;
  for (; i < tokens.size() && tokens[i].kind == Token::Kind::kHan; ++i) {
    const std::string_view text = tokens[i].text;
    if (const Word* found = find(kHanDigits, text)) {
      digit = found->second;
      as_digits = as_digits * 10 + digit;
      ++plain_digits;
    } else if (const Word* unit = find(kHanUnits, text)) {
      group += (digit < 0 ? 1 : digit) * unit->second;
      digit = -1;
      has_unit = true;
    } else if (const Word* of_ten_thousand = find(kHanGroups, text)) {
      if (i == 0) break;
      total += (group + std::max(digit, 0.0)) * of_ten_thousand->second;
      group = 0;
      digit = -1;
      has_unit = true;
    } else {
      break;
    }
  }
  if (i == 0) {
    if (!tokens.empty() && tokens[0].text == kHanHalf) return WrittenNumber{0.5, 1};
    return std::nullopt;
  }
  if (!has_unit && plain_digits > 1) return WrittenNumber{as_digits, i};
  const double value = total + group + std::max(digit, 0.0);
  if (i == 1 && value == 1) return std::nullopt;
  return WrittenNumber{value, i};
}

}  // namespace

std::optional<WrittenNumber> written_number(std::span<const Token> tokens) {
  constexpr std::size_t kMostTokens = 24;  // of any number that somebody writes out
  if (tokens.empty()) return std::nullopt;
  tokens = tokens.first(std::min(tokens.size(), kMostTokens));
  if (tokens[0].kind == Token::Kind::kHan) return han_number(tokens);
  if (tokens[0].kind != Token::Kind::kWord) return std::nullopt;
  if (const auto value = SpacedNumber().read(tokens)) return value;
  if (const auto value = german_number(tokens[0].text)) return WrittenNumber{*value, 1};
  return std::nullopt;
}

std::optional<double> multiplier(const Token& token) {
  constexpr Word kWords[] = {{"hundred", 100},      {"thousand", 1e3},     {"tausend", 1e3},
                             {"mille", 1e3},        {"million", 1e6},      {"millions", 1e6},
                             {"millionen", 1e6},    {"mio", 1e6},          {"mn", 1e6},
                             {"billion", 1e9},      {"billions", 1e9},     {"bn", 1e9},
                             {"milliarde", 1e9},    {"milliarden", 1e9},   {"mrd", 1e9},
                             {"milliard", 1e9},     {"milliards", 1e9},    {"k", 1e3},
                             {"dozen", 12},         {"dutzend", 12},       {"douzaine", 12},
                             {"\xE5\x8D\x83", 1e3}, {"\xE4\xB8\x87", 1e4}, {"\xE4\xBA\xBF", 1e8},
                             {"\xE7\x99\xBE", 100}};
  if (const Word* found = find(kWords, token.text)) return found->second;
  return std::nullopt;
}

}  // namespace minions::grounding
