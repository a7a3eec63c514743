// Numbers through the placeholders of a format: rounded as decimals, since 1.005 shows as 1.01 in two places.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "formats/format_section.h"

namespace minions::formats {
namespace {

using Token = FormatToken;

// 0.DIGITS times ten to the power of `point`; no digits for zero.
struct Decimal {
  std::string digits;
  int point = 0;

  explicit Decimal(double number) {
    const std::string text = fmt::format("{:.14e}", std::abs(number));  // d.dddddddddddddde+xx
    digits = text[0] + text.substr(2, 14);
    std::from_chars(text.data() + text.find('e') + (text.find("e+") == std::string::npos ? 1 : 2),
                    text.data() + text.size(), point);
    ++point;
    strip();
  }
  void strip() {
    while (!digits.empty() && digits.back() == '0') digits.pop_back();
    if (digits.empty()) point = 0;
  }
  void round(unsigned places) {
    const int kept = point + static_cast<int>(places);
    if (kept >= static_cast<int>(digits.size())) return;
    const bool up = kept >= 0 && digits[static_cast<std::size_t>(kept)] >= '5';
    digits.resize(static_cast<std::size_t>(std::max(kept, 0)));
    if (up) add_one();
    strip();
  }
  [[nodiscard]] char digit(int place) const {  // 0 is the first behind the point
    const int at = point + place;
    return at < 0 || at >= static_cast<int>(digits.size()) ? '0' : digits[static_cast<std::size_t>(at)];
  }
  [[nodiscard]] std::string whole() const {
    std::string text;
    for (int place = -point; place < 0; ++place) text += digit(place);
    return text;
  }

 private:
  void add_one() {
    for (std::size_t i = digits.size(); i-- > 0;) {
      if (digits[i] != '9') {
        ++digits[i];
        return;
      }
      digits[i] = '0';
    }
    digits.insert(digits.begin(), '1');
    ++point;
  }
};

// What an empty place shows.
std::string_view empty_place(std::string_view placeholder) {
  return placeholder == "0" ? "0" : placeholder == "?" ? " " : "";
}

class DecimalWriter {
 public:
  DecimalWriter(double number, const FormatSection& section)
      : number_(number), section_(section), decimal_(number), places_left_(section.whole_digits) {
    decimal_.point += 2 * static_cast<int>(section.percents) - 3 * static_cast<int>(section.thousands);
    if (decimal_.digits.empty()) decimal_.point = 0;
    if (section.has(Token::kExponent)) {
      take_exponent();
    } else {
      decimal_.round(section.fraction_digits);
    }
    whole_ = decimal_.whole();
  }

  [[nodiscard]] std::string text() && {
    if (number_ < 0 && !section_.negates) shown_ = "-";
    for (const FormatPart& part : section_.parts) write(part);
    return std::move(shown_);
  }

 private:
  // A power of ten that is a multiple of the digits before the point.
  void take_exponent() {
    const int step = std::max(1, static_cast<int>(section_.whole_digits));
    for (int tries = 0; tries < 2 && !decimal_.digits.empty(); ++tries) {  // rounding up may take one digit more
      const int over = section_.whole_digits == 0 ? decimal_.point : decimal_.point - 1;
      const int power = over >= 0 ? over / step * step : -((-over + step - 1) / step) * step;
      decimal_.point -= power;
      exponent_ += power;
      decimal_.round(section_.fraction_digits);
    }
  }

  void write(const FormatPart& part) {
    switch (part.token) {
      case Token::kLiteral: shown_ += part.text; break;
      case Token::kWhole: write_whole(part.text); break;
      case Token::kFraction: write_fraction(part.text); break;
      case Token::kPoint:
        if (section_.whole_digits == 0) shown_ += whole_;
        shown_ += '.';
        break;
      case Token::kPercent: shown_ += '%'; break;
      case Token::kExponent: write_exponent(part.text); break;
      case Token::kGeneral: shown_ += general_number(fmt::format("{:.15g}", std::abs(number_))); break;
      case Token::kNumerator:
      case Token::kDenominator:
      case Token::kText:
      case Token::kMoment: break;
    }
  }
  // The first place shows all digits that are too many.
  void write_whole(std::string_view placeholder) {
    if (places_left_ == section_.whole_digits) {
      while (whole_.size() > places_left_) write_digit(whole_.size());
    }
    if (whole_.size() == places_left_ && places_left_ > 0) {
      write_digit(places_left_);
    } else {
      const std::string_view empty = empty_place(placeholder);
      shown_ += empty;
      if (empty == "0") group(places_left_);
    }
    --places_left_;
  }
  void write_digit(std::size_t place) {
    shown_ += whole_.front();
    whole_.erase(0, 1);
    group(place);
  }
  void group(std::size_t place) {
    if (section_.is_grouped && place > 1 && (place - 1) % 3 == 0) shown_ += ',';
  }
  void write_fraction(std::string_view placeholder) {
    const bool is_left = decimal_.point + fraction_place_ < static_cast<int>(decimal_.digits.size());
    if (is_left) {
      shown_ += decimal_.digit(fraction_place_);
    } else {
      shown_ += empty_place(placeholder);
    }
    ++fraction_place_;
  }
  void write_exponent(std::string_view code) {
    shown_ += 'E';
    if (exponent_ < 0) {
      shown_ += '-';
    } else if (code[1] == '+') {
      shown_ += '+';
    }
    shown_ += fmt::format("{:0{}}", std::abs(exponent_), std::min<std::size_t>(code.size() - 2, 9));
  }

  double number_;
  const FormatSection& section_;
  Decimal decimal_;
  int exponent_ = 0;
  std::string whole_;         // digits that are not written yet
  unsigned places_left_ = 0;  // of the placeholders before the point
  int fraction_place_ = 0;
  std::string shown_;
};

struct Ratio {
  std::int64_t numerator;
  std::int64_t denominator;
};

// The closest one whose denominator is not larger, by continued fractions; `part` is in [0, 1).
Ratio closest_ratio(double part, std::int64_t max_denominator) {
  Ratio before{0, 1};
  Ratio best{1, 0};
  double rest = part;
  for (int step = 0; step < 40; ++step) {
    const double term = std::floor(rest);
    if (term > 1e9) break;
    const auto whole = static_cast<std::int64_t>(term);
    const Ratio next{whole * best.numerator + before.numerator, whole * best.denominator + before.denominator};
    if (next.denominator > max_denominator) {
      // Between two convergents, the largest that still fits may be closer than the last.
      const std::int64_t fits = (max_denominator - before.denominator) / std::max<std::int64_t>(best.denominator, 1);
      const Ratio between{fits * best.numerator + before.numerator, fits * best.denominator + before.denominator};
      const auto miss = [&](const Ratio& ratio) {
        return std::abs(part - static_cast<double>(ratio.numerator) / static_cast<double>(ratio.denominator));
      };
      if (fits > 0 && between.denominator > 0 && miss(between) < miss(best)) return between;
      break;
    }
    before = std::exchange(best, next);
    if (rest - term < 1e-9) break;
    rest = 1 / (rest - term);
  }
  return best.denominator == 0 ? Ratio{0, 1} : best;
}

std::string shown_fraction(double number, const FormatSection& section) {
  const double size = std::abs(number);
  const auto slash = std::find_if(section.parts.begin(), section.parts.end(),
                                  [](const FormatPart& part) { return part.token == Token::kDenominator; });
  std::int64_t fixed = 0;
  std::from_chars(slash->text.data(), slash->text.data() + std::min<std::size_t>(slash->text.size(), 6), fixed);
  double whole = std::floor(size);
  const double part = size - whole;
  Ratio ratio{0, 1};
  if (fixed > 0) {
    ratio = {std::llround(part * static_cast<double>(fixed)), fixed};
  } else {
    std::int64_t largest = 9;
    for (std::size_t i = 1; i < std::min<std::size_t>(slash->text.size(), 6); ++i) largest = largest * 10 + 9;
    ratio = closest_ratio(part, largest);
  }
  if (ratio.numerator == ratio.denominator) {
    whole += 1;
    ratio.numerator = 0;
  }
  std::string shown = number < 0 && !section.negates ? "-" : "";
  bool wrote_whole = false;
  for (const FormatPart& each : section.parts) {
    if (each.token == Token::kLiteral) shown += each.text;
    if (each.token == Token::kWhole && !std::exchange(wrote_whole, true) && (whole > 0 || ratio.numerator == 0))
      shown += fmt::format("{:.0f}", whole);
    if (each.token != Token::kNumerator || (ratio.numerator == 0 && section.whole_digits > 0)) continue;
    const double over = section.whole_digits > 0 ? 0 : whole * static_cast<double>(ratio.denominator);
    shown += fmt::format("{:.0f}/{}", over + static_cast<double>(ratio.numerator), ratio.denominator);
  }
  return shown;
}

}  // namespace

std::string shown_decimal(double number, const FormatSection& section) {
  if (section.has(Token::kDenominator)) return shown_fraction(number, section);
  return DecimalWriter(number, section).text();
}

}  // namespace minions::formats
