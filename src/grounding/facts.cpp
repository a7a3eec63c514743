#include "grounding/facts.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include "grounding/chinese_names.h"
#include "grounding/digits.h"
#include "grounding/languages.h"
#include "grounding/number_words.h"

namespace minions::grounding {
namespace {

using Kind = Token::Kind;

std::optional<Unit> currency_before(std::span<const Token> tokens, std::size_t at) {
  if (at == 0) return std::nullopt;
  const Token& before = tokens[at - 1];
  const bool names_money = before.kind == Kind::kSign || before.is_capitals;
  if (!names_money) return std::nullopt;
  const auto unit = unit_at(tokens.subspan(at - 1, 1));
  if (!unit || unit->dimension < Dimension::kEuro) return std::nullopt;
  return unit;
}

class FactReader {
 public:
  FactReader(std::string_view text, std::span<const Token> tokens, Reading reading)
      : text_(text), tokens_(tokens), reading_(reading), language_(language_of(tokens)) {}

  [[nodiscard]] Facts read() {
    if (is_answer()) addresses();
    for (std::size_t i = 0; i < tokens_.size();) i = std::max(step(i), i + 1);
    if (reading_ == Reading::kAnswer) {
      quotations();
      if (language_ == Language::kChinese) names_in_chinese();
      names();
    }
    return std::move(facts_);
  }

 private:
  [[nodiscard]] bool is_answer() const { return reading_ == Reading::kAnswer; }
  [[nodiscard]] Place place(std::size_t first, std::size_t end) const {
    return {tokens_[first].begin, tokens_[end - 1].end};
  }
  [[nodiscard]] bool is_joined(std::size_t at) const { return at < tokens_.size() && !tokens_[at].after_space; }
  void take(std::size_t first, std::size_t end) {
    if (taken_.size() < tokens_.size()) taken_.resize(tokens_.size());
    std::fill(taken_.begin() + static_cast<std::ptrdiff_t>(first), taken_.begin() + static_cast<std::ptrdiff_t>(end),
              true);
  }
  [[nodiscard]] bool is_taken(std::size_t at) const { return at < taken_.size() && taken_[at]; }

  // Where to go on.
  [[nodiscard]] std::size_t step(std::size_t i) {
    if (is_taken(i)) return i + 1;
    const Token& token = tokens_[i];
    if (const std::size_t end = identifier(i); end > i && is_answer()) return end;
    if (token.kind == Kind::kDigits || token.kind == Kind::kHan || token.kind == Kind::kWord) {
      if (const std::size_t end = date(i); end > i && is_answer()) return end;
      if (const std::size_t end = time(i); end > i && is_answer()) return end;
    }
    return figure(i);
  }

  [[nodiscard]] std::size_t date(std::size_t i) {
    // Not in the middle of a number.
    const bool behind_sign = i > 1 && (tokens_[i - 1].is_sign(".") || tokens_[i - 1].is_sign(",")) &&
                             tokens_[i - 2].kind == Kind::kDigits && is_joined(i) && is_joined(i - 1);
    if (tokens_[i].kind == Kind::kDigits && behind_sign) return i;
    const auto found = date_at(tokens_.subspan(i));
    if (!found) return i;
    const std::size_t end = i + found->tokens;
    if (goes_on_as_version(i, end)) return i;
    // `It is 4.5.` is no date.
    const bool ends_sentence = end >= tokens_.size() || tokens_[end].is_capital || tokens_[end].after_line;
    const bool in_figures = std::none_of(tokens_.begin() + static_cast<std::ptrdiff_t>(i),
                                         tokens_.begin() + static_cast<std::ptrdiff_t>(end),
                                         [](const Token& one) { return one.kind == Kind::kWord; });
    if (is_answer() && found->year == 0 && in_figures && tokens_[end - 1].is_sign(".") && ends_sentence) return i;
    facts_.dates.push_back({place(i, end), *found});
    if (is_answer()) take(i, end);
    if (!is_answer() && found->day != 0) date_list(*found, i, end);
    return end;
  }

  // 2.3.1, 10.20.30.40
  [[nodiscard]] bool goes_on_as_version(std::size_t first, std::size_t end) const {
    if (tokens_[first].kind != Kind::kDigits || !is_joined(end)) return false;
    if (tokens_[end].kind == Kind::kDigits) return tokens_[end - 1].is_sign(".");
    return tokens_[end].is_sign(".") && is_joined(end + 1) && tokens_[end + 1].kind == Kind::kDigits;
  }

  // `18 and 19 April`, `4月18日、19日`: the other day has the month as well.
  void date_list(const Date& date, std::size_t begin, std::size_t end) {
    const auto joins = [&](std::size_t at) {
      if (at >= tokens_.size()) return false;
      for (const std::string_view word : {"and", "und", "et", "au", "to", "bis", "or", "oder", "ou", ",", "-",
                                          "\xE5\x92\x8C", "\xE8\x87\xB3", "\xE5\x88\xB0", "\xEF\xBC\x8C"}) {
        if (tokens_[at].text == word) return true;
      }
      return false;
    };
    const auto day_at = [&](std::size_t at) -> unsigned {
      if (at >= tokens_.size() || tokens_[at].kind != Kind::kDigits || tokens_[at].text.size() > 2) return 0;
      const auto day = static_cast<unsigned>(number_of(tokens_[at].text));
      return day <= 31 ? day : 0;
    };
    const auto add = [&](unsigned day, std::size_t at) {
      if (day == 0) return;
      Date other = date;
      other.day = day;
      facts_.dates.push_back({place(at, at + 1), other});
    };
    if (joins(end)) add(day_at(end + 1), end + 1);
    if (begin >= 2 && joins(begin - 1)) {
      std::size_t at = begin - 2;
      if (tokens_[at].is_sign(".") && at > 0) --at;
      add(day_at(at), at);
    }
  }

  [[nodiscard]] std::size_t time(std::size_t i) {
    const auto found = time_at(tokens_.subspan(i));
    if (!found) return i;
    const std::size_t end = i + found->tokens;
    facts_.times.push_back({place(i, end), *found});
    if (is_answer()) take(i, end);
    return end;
  }

  // Letters and digits that stand together: AAT1, X-204. A number with its unit is none.
  [[nodiscard]] std::size_t identifier(std::size_t i) {
    const auto belongs = [&](std::size_t at) {
      const Token& token = tokens_[at];
      return token.kind == Kind::kWord || token.kind == Kind::kDigits || token.is_sign("-") || token.is_sign("/") ||
             token.is_sign("_") || token.is_sign(".") || token.is_sign("#");
    };
    const bool begins = tokens_[i].kind == Kind::kWord || tokens_[i].kind == Kind::kDigits;
    if (!begins || (i > 0 && is_joined(i) && belongs(i - 1))) return i;
    std::size_t end = i + 1;
    while (end < tokens_.size() && is_joined(end) && belongs(end)) ++end;
    while (end > i + 1 && tokens_[end - 1].kind == Kind::kSign) --end;
    bool letters = false;
    bool digits = false;
    for (std::size_t at = i; at < end; ++at) {
      letters = letters || tokens_[at].kind == Kind::kWord;
      digits = digits || tokens_[at].kind == Kind::kDigits;
    }
    if (!letters || !digits) return i;
    if (tokens_[i].kind == Kind::kDigits && begins_with_quantity(i, end)) return i;
    if (tokens_[i].kind == Kind::kWord && !tokens_[i].is_capital && tokens_[i].text.size() > 3) return i;
    add_identifier(i, end);
    if (is_answer()) {
      take(i, end);
      return end;
    }
    for (std::size_t part = i; part < end;) {
      std::size_t part_end = part;
      while (part_end < end && tokens_[part_end].kind != Kind::kSign) ++part_end;
      if (part_end > part) add_identifier(part, part_end);
      part = part_end + 1;
    }
    return i;
  }

  // 5kg, 30-day, 3rd, 14h30, 1.5kW
  [[nodiscard]] bool begins_with_quantity(std::size_t i, std::size_t end) const {
    std::size_t at = i + digits_at(tokens_.subspan(i, end - i)).tokens;
    if (at < end && tokens_[at].is_sign("-")) ++at;
    if (at >= end) return true;
    if (tokens_[at].kind != Kind::kWord) return date_at(tokens_.subspan(i, end - i)).has_value();
    if (unit_at(tokens_.subspan(at)) || multiplier(tokens_[at]) || is_ordinal_ending(tokens_[at].text)) return true;
    return tokens_[at - 1].is_sign("-") && tokens_[at].text.size() > 2;  // 64-mal, 4-Zimmer-Wohnung
  }

  void add_identifier(std::size_t first, std::size_t end) {
    Identifier identifier{place(first, end), {}};
    for (std::size_t at = first; at < end; ++at) {
      if (tokens_[at].kind != Kind::kSign) identifier.text += tokens_[at].text;
    }
    facts_.identifiers.push_back(std::move(identifier));
  }

  [[nodiscard]] bool is_hedged(std::size_t i) const {
    for (std::size_t back = 1; back <= 2 && back <= i; ++back) {
      if (is_hedge(tokens_[i - back].text)) return true;
    }
    if (i < 2) return false;
    const std::string& first = tokens_[i - 2].text;
    const std::string& second = tokens_[i - 1].text;
    const bool bounds = (second == "than" && (first == "more" || first == "less")) ||
                        (second == "als" && (first == "mehr" || first == "weniger")) ||
                        (second == "de" && (first == "plus" || first == "moins"));
    return bounds || is_hedge(first + second);
  }

  // `page 6`, `第6页`, or the number of a line of a list: they say where something stands, not what.
  [[nodiscard]] bool is_place_or_bullet(std::size_t i) const {
    const Token* next = i + 1 < tokens_.size() ? &tokens_[i + 1] : nullptr;
    if (next != nullptr && next->text == "\xE9\xA1\xB5") return true;
    const bool ends_there = i + 2 >= tokens_.size() || tokens_[i + 2].after_space;
    if (tokens_[i].after_line && ends_there && next != nullptr && (next->is_sign(".") || next->is_sign(")")) &&
        !next->after_space)
      return true;
    std::size_t before = i;
    if (before > 0 && tokens_[before - 1].is_sign(".")) --before;
    if (before == 0) return false;
    if (tokens_[i].text == "0" && tokens_[i - 1].is_sign("(") && is_text(i + 1, ")")) return true;  // +44 (0)20
    for (const std::string_view word : {"page", "pages", "seite", "seiten", "p", "pp", "s", "slide", "folie"}) {
      if (tokens_[before - 1].is_word(word)) return true;
    }
    return false;
  }

  // 2/3, 24/7: a proportion in words of its own.
  [[nodiscard]] bool is_small_fraction(std::size_t i) const {
    const auto small = [&](std::size_t at) {
      return at < tokens_.size() && tokens_[at].kind == Kind::kDigits && number_of(tokens_[at].text) <= 24;
    };
    return small(i) && small(i + 2) && tokens_[i + 1].is_sign("/") && is_joined(i + 1) && is_joined(i + 2);
  }

  // 百分之五; 0: it is none.
  [[nodiscard]] std::size_t chinese_percent(std::size_t i) const {
    const bool is_percent =
        i + 3 < tokens_.size() && tokens_[i].text == "百" && tokens_[i + 1].text == "分" && tokens_[i + 2].text == "之";
    return is_percent ? 3 : 0;
  }

  // Words that begin with a number and say none: 十分, 万一.
  [[nodiscard]] bool is_chinese_word(std::size_t i) const {
    if (i + 1 >= tokens_.size() || tokens_[i].kind != Kind::kHan) return false;
    for (const std::string_view word :
         {"十分", "千万", "万一", "百般", "四处", "四周", "一起", "一些", "一定", "一直", "一般", "一旦", "百分"}) {
      if (word.starts_with(tokens_[i].text) && word.ends_with(tokens_[i + 1].text)) return true;
    }
    return false;
  }

  // Where to go on.
  [[nodiscard]] std::size_t figure(std::size_t i) {
    const std::size_t behind_percent = i + chinese_percent(i);
    const bool is_percent = behind_percent > i;
    i = behind_percent;
    if (i >= tokens_.size()) return i;
    if (is_answer() && is_small_fraction(i)) return i + 3;
    if (is_answer() && is_chinese_word(i)) return i + 2;
    if (is_answer() && tokens_[i].kind == Kind::kDigits && is_place_or_bullet(i)) return i + 1;
    Figure figure{{tokens_[i].begin, tokens_[i].end}, {}, std::nullopt, 1, 1, is_hedged(i), false};
    const std::size_t number_end = number(i, figure);
    if (figure.values.empty()) return number_end;
    std::size_t end = number_end;
    multiply(figure, i, end);
    if (is_text(end, "个") && is_text(end + 1, "半")) {  // 九个半小时
      add_half(figure);
      end += 2;
    }
    figure.unit = unit_behind(i, end);
    if (figure.unit) half_behind_unit(figure, end);
    if (figure.unit && figure.unit->dimension == Dimension::kCelsius && is_negative(i)) negate(figure);
    if (is_percent) figure.unit = Unit{Dimension::kPercent, 1};
    figure.place.end = tokens_[std::max(number_end, std::min(end, tokens_.size())) - 1].end;
    facts_.figures.push_back(figure);
    if (is_answer()) {
      take(i, end);
      return end;
    }
    if (tokens_[i].kind != Kind::kDigits || !may_be_cells(i, number_end, figure)) return number_end;
    // Each part counts by itself.
    Figure part{{tokens_[i].begin, tokens_[i].end}, {number_of(tokens_[i].text)}, std::nullopt, 1, 1, false, false};
    facts_.figures.push_back(std::move(part));
    return i + 1;
  }

  // Whether the groups of a number may as well be cells of a table: `1500,200`, `Oslo,12,5`, or `12 250` without a
  // unit. What is read as one number elsewhere must not stand for its parts: 1,250,000 holds no 250,000.
  [[nodiscard]] bool may_be_cells(std::size_t i, std::size_t end, const Figure& figure) const {
    if (end <= i + 1 || tokens_[i + 1].is_sign(".") || tokens_[i + 1].is_sign("'")) return false;
    if (tokens_[i + 1].kind == Kind::kDigits) return !figure.unit;
    if (!tokens_[i + 1].is_sign(",")) return true;
    const bool goes_on = end + 1 < tokens_.size() && tokens_[end].is_sign(",") && is_joined(end) && is_joined(end + 1);
    const bool began = i > 0 && tokens_[i - 1].is_sign(",") && is_joined(i) && is_joined(i - 1);
    return goes_on || began || (tokens_[i].text.size() > 3 && tokens_[end - 1].text.size() == 3);
  }

  [[nodiscard]] bool is_text(std::size_t at, std::string_view text) const {
    return at < tokens_.size() && tokens_[at].text == text;
  }

  // The number at i, in figures or written out, and where it ends; no values: it is none, or says nothing.
  [[nodiscard]] std::size_t number(std::size_t i, Figure& figure) {
    const Token& token = tokens_[i];
    if (token.kind == Kind::kDigits) return digits(i, figure);
    if (const double fraction = fraction_of(token.text); fraction > 0) {
      figure.values = {fraction};
      figure.least_digit = figure.round_digit = 0.01;
      return i + 1;
    }
    const auto written = written_number(tokens_.subspan(i));
    if (!written) return i + 1;
    // `second` is a unit of time as well, and `quarter` of the year: they stand for nothing to be looked up.
    const std::size_t behind = i + written->tokens;
    const bool multiplied = behind < tokens_.size() && multiplier(tokens_[behind]).value_or(0) >= 1e6;
    if (is_answer() && token.text == "mille" && i > 0 && tokens_[i - 1].is_word("per")) return behind;
    if (is_answer() && (token.text == "second" || (written->value < 1 && !multiplied))) return i + 1;
    figure.values = {written->value};
    figure.round_digit = last_round_digit(written->value);
    if (written->value != std::trunc(written->value)) figure.least_digit = figure.round_digit = 0.1;
    figure.is_written_out = true;
    return i + written->tokens;
  }

  [[nodiscard]] std::size_t digits(std::size_t i, Figure& figure) {
    const Digits digits = digits_at(tokens_.subspan(i));
    const std::size_t end = i + digits.tokens;
    if (digits.is_version) {
      add_identifier(i, end);
      return is_answer() ? end : i + 1;
    }
    figure.values = digits.values;
    figure.least_digit = digits.least_digit;
    figure.round_digit = digits.round_digit;
    if (!is_joined(end)) return end;
    if (const double fraction = fraction_of(tokens_[end].text); fraction > 0) {
      for (double& value : figure.values) value += fraction;
      figure.least_digit = figure.round_digit = 0.01;
      return end + 1;
    }
    return tokens_[end].kind == Kind::kWord && is_ordinal_ending(tokens_[end].text) ? end + 1 : end;
  }

  // Of the number that begins at `first`: `$1.25m`, `1.25 M USD` and `23 k€` are money, `23 k` and `1.25 m` are not.
  [[nodiscard]] std::optional<double> multiplier_at(std::size_t first, std::size_t at) const {
    const std::string& text = tokens_[at].text;
    if (text != "m" && text != "k") return multiplier(tokens_[at]);
    const auto behind = at + 1 < tokens_.size() ? unit_at(tokens_.subspan(at + 1)) : std::nullopt;
    const bool is_money = currency_before(tokens_, first) || (behind && behind->dimension >= Dimension::kEuro);
    if (text == "m") return is_money ? std::optional(1e6) : std::nullopt;
    return is_money || is_joined(at) ? std::optional(1e3) : std::nullopt;
  }

  // 1.2 million; the end moves behind it.
  void multiply(Figure& figure, std::size_t first, std::size_t& end) {
    if (end >= tokens_.size() || tokens_[end].after_line) return;
    const auto times = multiplier_at(first, end);
    if (!times) return;
    if (!is_answer()) facts_.figures.push_back(figure);  // both
    for (double& value : figure.values) value *= *times;
    figure.least_digit *= *times;
    figure.round_digit *= *times;
    ++end;
    if (is_text(end, ".")) ++end;
  }

  // neuf heures et demie, nine hours and a half, 九年半; sept heures moins le quart du soir
  void half_behind_unit(Figure& figure, std::size_t& end) const {
    if (is_text(end, "moins") && is_text(end + 1, "le") && is_text(end + 2, "quart")) {
      add_part(figure, -0.25);
      end += 3;
    } else if (is_text(end, "et") && is_text(end + 1, "quart")) {
      add_part(figure, 0.25);
      end += 2;
    }
    part_behind_unit(figure, end);
    if (is_text(end, "du") && is_text(end + 1, "soir")) add_part(figure, 12);
  }
  void part_behind_unit(Figure& figure, std::size_t& end) const {
    if (is_text(end, "et") && (is_text(end + 1, "demie") || is_text(end + 1, "demi"))) {
      add_half(figure);
      end += 2;
    } else if (is_text(end, "and") && is_text(end + 1, "a") && is_text(end + 2, "half")) {
      add_half(figure);
      end += 3;
    } else if (is_text(end, "半")) {
      add_half(figure);
      ++end;
    }
  }

  static void add_half(Figure& figure) { add_part(figure, 0.5); }
  static void add_part(Figure& figure, double part) {
    for (double& value : figure.values) value += part;
    figure.least_digit = figure.round_digit = 0.1;
  }

  // Of a document as a temperature without its sign, too: it may be said to be below zero.
  void negate(Figure& figure) const {
    const std::vector<double> positive = figure.values;
    for (double& value : figure.values) value = -value;
    if (!is_answer() || figure.unit->offset == 0)
      figure.values.insert(figure.values.end(), positive.begin(), positive.end());
  }
  // -18 °C, minus 18 degrees; of a range such as 18-22 it is none.
  [[nodiscard]] bool is_negative(std::size_t i) const {
    if (i == 0) return false;
    const Token& before = tokens_[i - 1];
    if (before.is_word("minus") || before.is_word("moins")) return true;
    return before.is_sign("-") && is_joined(i) && (i == 1 || before.after_space || tokens_[i - 2].kind == Kind::kSign);
  }

  // The unit of the number from `first` to `end`; moves the end behind it.
  [[nodiscard]] std::optional<Unit> unit_behind(std::size_t first, std::size_t& end) const {
    std::size_t at = end;
    if (at < tokens_.size() && tokens_[at].is_sign("-") && is_joined(at)) ++at;
    // 2 millions d'euros, 3 tonnes de sable
    const bool elided = at + 2 < tokens_.size() && tokens_[at].is_word("d") && tokens_[at + 1].is_sign("'");
    if (elided) at += 2;
    if (!elided && at + 1 < tokens_.size() && tokens_[at].is_word("de")) ++at;
    if (at < tokens_.size() && !tokens_[at].after_line) {
      // `a 20 A fuse` has one; `Section 3 A car` and `5 p.a.` have none.
      const bool letter = (tokens_[at].is_word("a") && !tokens_[at].is_capital) ||
                          (tokens_[at].is_word("p") && is_text(at + 1, ".") && is_text(at + 2, "a"));
      if (const auto unit = unit_at(tokens_.subspan(at)); unit && !letter) {
        end = at + unit->tokens;
        return unit;
      }
    }
    return currency_before(tokens_, first);
  }

  // E-mail and web addresses, which stand as a whole or not at all.
  void addresses() {
    for (std::size_t i = 0; i < tokens_.size();) {
      std::size_t end = i + 1;
      bool is_address = false;
      for (; end < tokens_.size() && is_joined(end) && may_be_of_address(end); ++end) {
        const bool scheme = tokens_[end].is_sign(":") && end + 2 < tokens_.size() && tokens_[end + 1].is_sign("/") &&
                            tokens_[end + 2].is_sign("/");
        is_address = is_address || scheme || (tokens_[end].is_sign("@") && tokens_[end - 1].kind != Kind::kSign);
      }
      if (is_address) add_address(i, end);
      i = end;
    }
  }
  [[nodiscard]] bool may_be_of_address(std::size_t at) const {
    constexpr std::string_view kSigns = "@._-/:?=&%#+~";
    const Token& token = tokens_[at];
    if (token.kind == Kind::kSign) return token.text.size() == 1 && kSigns.find(token.text) != std::string_view::npos;
    return token.kind != Kind::kHan;
  }
  void add_address(std::size_t first, std::size_t end) {
    const auto is_edge = [&](std::size_t at) {
      return tokens_[at].kind == Kind::kSign && !tokens_[at].is_sign("@") && !tokens_[at].is_sign("_");
    };
    while (first < end && is_edge(first)) ++first;
    while (end > first && is_edge(end - 1)) --end;
    if (end <= first) return;
    for (std::size_t at = first; at + 3 < end; ++at) {
      if (tokens_[at].is_sign(":")) {
        first = at + (tokens_[at + 1].is_sign("/") ? 3 : 1);  // without `https://` or `mailto:`
        break;
      }
    }
    const Place where = place(first, end);
    facts_.addresses.push_back({where, folded_text(text_.substr(where.begin, where.end - where.begin))});
    take(first, end);
  }

  void quotations() {
    constexpr std::size_t kMostTokens = 80;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (!tokens_[i].is_sign("\"")) continue;
      for (std::size_t end = i + 1; end < tokens_.size() && end - i < kMostTokens; ++end) {
        if (!tokens_[end].is_sign("\"")) continue;
        if (end - i > 2) {
          const Place inside{tokens_[i + 1].begin, tokens_[end - 1].end};
          facts_.quotations.push_back({inside, folded_text(text_.substr(inside.begin, inside.end - inside.begin))});
        }
        i = end;
        break;
      }
    }
  }

  [[nodiscard]] bool begins_sentence(std::size_t i) const {
    if (i == 0 || tokens_[i].after_line) return true;
    const Token& before = tokens_[i - 1];
    if (before.kind != Kind::kSign) return false;
    // A dot behind a title or an initial ends nothing.
    const bool behind_word = before.text == "." && i >= 2 && tokens_[i - 2].kind == Kind::kWord;
    if (behind_word && (is_title(tokens_[i - 2].text) || tokens_[i - 2].text.size() == 1)) return false;
    return before.text == "." || before.text == "!" || before.text == "?" || before.text == ":" ||
           before.text == "\"" || before.text == "*" || before.text == "(" || (before.text == "-" && before.after_line);
  }

  [[nodiscard]] bool may_be_name(std::size_t i) const {
    const Token& token = tokens_[i];
    return token.kind == Kind::kWord && token.is_capital && token.text.size() > 1 && !is_taken(i) &&
           month_of(token.text) == 0 && !is_weekday(token.text) && !is_title(token.text) &&
           !((token.is_capitals || token.text.size() > 3) && unit_at(tokens_.subspan(i, 1)));
  }

  void add_name(std::size_t i) {
    if (is_taken(i)) return;
    facts_.names.push_back({place(i, i + 1), {tokens_[i].text}});
    take(i, i + 1);
  }

  void names_in_chinese() {
    for (const TokenRange& found : chinese_names(tokens_, taken_)) {
      const Place where = place(found.first, found.end);
      facts_.names.push_back({where, {folded_text(text_.substr(where.begin, where.end - where.begin))}});
      take(found.first, found.end);
    }
  }

  // Latin scripts.
  void names() {
    const bool german = language_ == Language::kGerman;
    bool in_heading = false;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].after_line) in_heading = tokens_[i].is_sign("#");
      if (in_heading || !may_be_name(i)) continue;
      std::size_t end = i + 1;
      const auto goes_on = [&](std::size_t at) {
        if (at >= tokens_.size() || tokens_[at].after_line) return false;
        return may_be_name(at) && (tokens_[at].after_space || tokens_[at - 1].is_sign("-"));
      };
      while (end < tokens_.size()) {
        if (goes_on(end)) {
          ++end;
        } else if (end + 1 < tokens_.size() && tokens_[end].is_sign("-") && is_joined(end) && goes_on(end + 1)) {
          end += 2;
        } else {
          break;
        }
      }
      name_sequence(i, end, german);
      i = end - 1;
    }
  }

  void name_sequence(std::size_t first, std::size_t end, bool german) {
    const bool titled =
        first > 0 && (is_title(tokens_[first - 1].text) ||
                      (tokens_[first - 1].is_sign(".") && first > 1 && tokens_[first - 2].kind == Kind::kWord &&
                       (is_title(tokens_[first - 2].text) || tokens_[first - 2].text.size() == 1)));
    const bool begins = begins_sentence(first) && language_ != Language::kChinese;
    std::size_t count = 0;
    const auto says_nothing = [&](const Token& token) {
      return token.kind != Kind::kWord || is_common_word(token.text) || (!titled && is_often_capital(token.text));
    };
    for (std::size_t at = first; at < end; ++at) count += says_nothing(tokens_[at]) ? 0U : 1U;
    for (std::size_t at = first; at < end; ++at) {
      const Token& token = tokens_[at];
      if (says_nothing(token)) continue;
      const bool acronym = token.is_capitals && token.text.size() <= 6;
      const bool possessive = at + 2 < tokens_.size() && tokens_[at + 1].is_sign("'") && tokens_[at + 2].is_word("s") &&
                              is_joined(at + 1) && is_joined(at + 2);
      bool is_name = titled || acronym || count > 1;
      if (!german) is_name = is_name || !begins || at > first || possessive;
      if (german && !is_name) is_name = at == first && stands_for_a_place(first);
      if (is_name) add_name(at);
    }
  }

  // German capitalises every noun: without an article behind a preposition stands a place, or what ends as abstract
  // nouns do.
  [[nodiscard]] bool stands_for_a_place(std::size_t i) const {
    if (i == 0) return false;
    const std::string_view before = tokens_[i - 1].text;
    if (before != "in" && before != "aus" && before != "nach" && before != "von") return false;
    const std::string_view word = tokens_[i].text;
    for (const std::string_view ending :
         {"ung", "heit", "keit", "schaft", "tion",    "ment", "nis",  "tum",   "tat",  "enz",   "anz",
          "en",  "er",   "lauf", "halt",   "ordnung", "gang", "zahl", "sicht", "form", "kraft", "wert"}) {
      if (word.ends_with(ending)) return false;
    }
    return word.size() >= 4;
  }

  std::string_view text_;
  std::span<const Token> tokens_;
  Reading reading_;
  Language language_;
  Facts facts_;
  std::vector<bool> taken_;  // of an answer: part of another fact
};

}  // namespace

Facts facts_of(std::string_view text, const std::vector<Token>& tokens, Reading reading) {
  return FactReader(text, tokens, reading).read();
}

}  // namespace minions::grounding
