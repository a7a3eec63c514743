#include "grounding/answer_check.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "grounding/number_words.h"

namespace minions::grounding {
namespace {

constexpr double kMostCount = 20;          // a count of what documents list
constexpr std::size_t kMostNumbers = 400;  // of documents, to look for sums among them

// Several indexes as one.
class Indexes {
 public:
  explicit Indexes(std::span<const FactIndex* const> all) : all_(all) {}

  [[nodiscard]] bool has(const auto& fact) const {
    return any([&](const FactIndex& one) { return one.has(fact); });
  }
  [[nodiscard]] bool has_name(std::string_view word) const {
    return any([&](const FactIndex& one) { return one.has_name(word); });
  }
  [[nodiscard]] bool has_name_or_noun(std::string_view word) const {
    return any([&](const FactIndex& one) { return one.has_name_or_noun(word); });
  }
  [[nodiscard]] bool has_related(std::string_view word) const {
    return any([&](const FactIndex& one) { return one.has_related(word); });
  }
  [[nodiscard]] bool has_initials(std::string_view letters) const {
    return any([&](const FactIndex& one) { return one.has_initials(letters); });
  }
  [[nodiscard]] bool has_pair(std::string_view first, std::string_view second) const {
    return any([&](const FactIndex& one) { return one.has_pair(first, second); });
  }
  [[nodiscard]] bool has_text(std::string_view folded) const {
    return any([&](const FactIndex& one) { return one.has_text(folded); });
  }
  [[nodiscard]] bool has_digits(std::string_view digits) const {
    return any([&](const FactIndex& one) { return one.has_digits(digits); });
  }
  [[nodiscard]] bool has_minutes_between_times(double minutes) const {
    return any([&](const FactIndex& one) { return one.has_minutes_between_times(minutes); });
  }
  [[nodiscard]] std::vector<double> measures(Dimension dimension) const {
    std::vector<double> values;
    for (const FactIndex* one : all_) {
      const std::vector<double> more = one->measures(dimension);
      values.insert(values.end(), more.begin(), more.end());
    }
    std::sort(values.begin(), values.end());
    return values;
  }
  [[nodiscard]] bool are_in(Language language) const {
    return std::all_of(all_.begin(), all_.end(), [&](const FactIndex* one) { return one->language() == language; });
  }

 private:
  [[nodiscard]] bool any(const auto& holds) const {
    return std::any_of(all_.begin(), all_.end(), [&](const FactIndex* one) { return holds(*one); });
  }
  std::span<const FactIndex* const> all_;
};

class AnswerCheck {
 public:
  AnswerCheck(std::string_view answer, std::string_view question, std::span<const FactIndex* const> documents)
      : answer_(answer),
        documents_(documents),
        question_(std::span(&question, 1)),
        tokens_(tokens_of(answer)),
        facts_(facts_of(answer, tokens_, Reading::kAnswer)),
        language_(language_of(tokens_)),
        folded_(folded_text(answer)) {}

  [[nodiscard]] AnswerFindings run() {
    for (const Quotation& quotation : facts_.quotations) {
      if (!stands(quotation)) miss(quotation.place);
    }
    for (const DatePlace& date : facts_.dates) {
      if (may_search() && !documents_.has(date.date) && !question_.has(date.date)) miss(date.place);
    }
    for (const TimePlace& time : facts_.times) {
      if (!documents_.has(time.time) && !question_.has(time.time)) miss(time.place);
    }
    for (const Quotation& address : facts_.addresses) {
      if (may_search() && !documents_.has_text(address.text) && !question_.has_text(address.text)) miss(address.place);
    }
    for (const Identifier& identifier : facts_.identifiers) {
      if (!stands(identifier)) miss(identifier.place);
    }
    for (const Name& name : facts_.names) {
      if (is_comparable(name) && !stands(name) && !is_said_to_be_absent(name.place)) miss(name.place);
    }
    check_figures();
    AnswerFindings findings;
    findings.not_in_documents = listed(missing_);
    findings.computed = listed(computed_);
    findings.is_unsupported = is_unsupported();
    findings.is_partial = is_partial_;
    return findings;
  }

 private:
  void check_figures() {
    const std::vector<Figure>& figures = facts_.figures;
    std::optional<Unit> unit;  // of the figure before: `43 cents instead of 41`
    for (std::size_t i = 0; i < figures.size(); ++i) {
      const Figure& figure = figures[i];
      Figure with_unit = figure;
      if (!figure.unit) with_unit.unit = unit;
      unit = with_unit.unit;
      if (documents_.has(figure) || question_.has(figure) || (with_unit.unit && documents_.has(with_unit))) continue;
      Figure side = figure;
      side.unit = unit_of_sides(i);
      if (side.unit && documents_.has(side)) continue;
      if (is_part_of_time(i) || stands_in_digits(figure) || stands_as_time(figure)) continue;
      (is_part_of_span(i) || may_be_computed(figure) ? computed_ : missing_).push_back(figure.place);
    }
  }

  // 39.8 x 26.2 x 28.5 cm: the unit counts for each.
  [[nodiscard]] std::optional<Unit> unit_of_sides(std::size_t i) const {
    const std::vector<Figure>& figures = facts_.figures;
    constexpr std::size_t kMostSides = 4;
    for (std::size_t at = i; at < std::min(figures.size(), i + kMostSides); ++at) {
      if (figures[at].unit) return figures[at].unit;
      if (at + 1 >= figures.size()) break;
      const std::size_t end = figures[at].place.end;
      const std::string between = folded_text(answer_.substr(end, figures[at + 1].place.begin - end));
      if (between.find_first_of("x*") == std::string::npos && between.find("\xC3\x97") == std::string::npos) break;
      if (between.size() > 4) break;
    }
    return std::nullopt;
  }

  // 1 h 36 min as 1.6 h.
  [[nodiscard]] bool is_part_of_time(std::size_t i) const {
    return is_of_pair(i, [&](const Figure& sum) { return documents_.has(sum); });
  }
  // 3 hours 45 minutes from 9.30 to 13.15.
  [[nodiscard]] bool is_part_of_span(std::size_t i) const {
    return is_of_pair(i,
                      [&](const Figure& sum) { return documents_.has_minutes_between_times(sum.values.front() / 60); });
  }
  // Whether the figure and one beside it, as hours and minutes, make a time that holds.
  [[nodiscard]] bool is_of_pair(std::size_t i, const auto& holds) const {
    const auto together = [&](std::size_t first) {
      const std::vector<Figure>& figures = facts_.figures;
      if (first + 1 >= figures.size()) return false;
      const Figure& large = figures[first];
      const Figure& small = figures[first + 1];
      const bool both = large.unit && small.unit && large.unit->dimension == Dimension::kTime &&
                        small.unit->dimension == Dimension::kTime && large.unit->factor > small.unit->factor;
      if (!both || small.place.begin - large.place.end > 6) return false;
      Figure sum = large;
      sum.values = {large.values.front() * large.unit->factor + small.values.front() * small.unit->factor};
      sum.unit = Unit{Dimension::kTime, 1};
      sum.least_digit = sum.round_digit = small.least_digit * small.unit->factor;
      return holds(sum);
    };
    return together(i) || (i > 0 && together(i - 1));
  }

  // `from 6.30 to 17.45`
  [[nodiscard]] bool stands_as_time(const Figure& figure) const {
    const std::string_view text = answer_.substr(figure.place.begin, figure.place.end - figure.place.begin);
    const std::size_t dot = text.find('.');
    if (figure.unit || dot == std::string_view::npos || dot > 2 || text.size() != dot + 3) return false;
    const double hours = std::trunc(figure.values.front());
    const double minutes = std::round((figure.values.front() - hours) * 100);
    if (!(hours < 24 && minutes < 60)) return false;
    const TimeOfDay time{static_cast<unsigned>(hours * 60 + minutes), false, 0};
    return documents_.has(time) || question_.has(time);
  }

  // 559017 of a telephone's 0341 55 90 17.
  [[nodiscard]] bool stands_in_digits(const Figure& figure) {
    constexpr std::size_t kLeastDigits = 6;
    if (figure.unit || figure.is_written_out) return false;
    std::string digits;
    for (const char c : answer_.substr(figure.place.begin, figure.place.end - figure.place.begin)) {
      if (c >= '0' && c <= '9') digits += c;
    }
    return digits.size() >= kLeastDigits && may_search() && documents_.has_digits(digits);
  }

  void miss(const Place& place) { missing_.push_back(place); }
  // Whether one more search through the documents' whole text is made: an answer decides how many are asked for.
  [[nodiscard]] bool may_search() {
    constexpr std::size_t kMostSearches = 500;
    if (searches_ < kMostSearches) {
      ++searches_;
      return true;
    }
    is_partial_ = true;
    return false;
  }
  [[nodiscard]] std::string raw(const Place& place) const {
    return folded_text(answer_.substr(place.begin, place.end - place.begin));
  }

  [[nodiscard]] bool stands(const Quotation& quotation) {
    std::string_view text = quotation.text;
    const auto is_end = [](char c) { return c == '.' || c == ',' || c == ';' || c == '!' || c == '?' || c == ' '; };
    while (!text.empty() && is_end(text.back())) text.remove_suffix(1);
    // Words left out.
    for (const std::string_view mark : {"[...]", "...", "\xE2\x80\xA6"}) {
      if (const std::size_t at = text.find(mark); at != std::string_view::npos)
        return stands(Quotation{{}, std::string(text.substr(0, at))}) &&
               stands(Quotation{{}, std::string(text.substr(at + mark.size()))});
    }
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    if (text.empty() || !may_search() || documents_.has_text(text) || question_.has_text(text)) return true;
    // A title with an article that is not its own.
    for (const std::string_view article : {"the ", "a ", "an ", "der ", "die ", "das ", "le ", "la ", "les "}) {
      if (text.starts_with(article) && text.size() > 2 * article.size() && may_search() &&
          documents_.has_text(text.substr(article.size())))
        return true;
    }
    return false;
  }

  [[nodiscard]] bool stands(const Identifier& identifier) {
    if (documents_.has(identifier) || question_.has(identifier)) return true;
    if (is_quarter_of_a_year(identifier.text)) return true;
    const std::string text = raw(identifier.place);
    // v2.3 where 2.3.1 stands.
    const bool is_version = text.size() > 2 && text[0] == 'v' && text[1] >= '0' && text[1] <= '9';
    if (is_version && documents_.has(Identifier{{}, identifier.text.substr(1)})) return true;
    return !may_search() || documents_.has_text(text) || (is_version && documents_.has_text(text.substr(1)));
  }

  // Q1, where a date of January to March stands.
  [[nodiscard]] bool is_quarter_of_a_year(std::string_view text) const {
    if (text.size() != 2 || text[0] != 'q' || text[1] < '1' || text[1] > '4') return false;
    const auto first = static_cast<unsigned>(text[1] - '1') * 3 + 1;
    for (unsigned month = first; month < first + 3; ++month) {
      Date date;
      date.month = month;
      if (documents_.has(date)) return true;
    }
    return false;
  }

  // `The NHS is not mentioned`: in the same part of the sentence.
  [[nodiscard]] bool is_said_to_be_absent(const Place& place) const {
    constexpr std::string_view kEnds = ".,;!?\n";
    const std::size_t before = answer_.substr(0, place.begin).find_last_of(kEnds);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t end = std::min(answer_.find_first_of(kEnds, place.end), answer_.size());
    constexpr std::size_t kMostBytes = 300;
    return end - begin <= kMostBytes && speaks_of_absence(folded_text(answer_.substr(begin, end - begin)));
  }

  // A name in another script than the documents' is written otherwise there.
  [[nodiscard]] bool is_comparable(const Name& name) const {
    const bool is_han = static_cast<unsigned char>(name.words.front().front()) >= 0xE0;
    const bool chinese_documents = documents_.are_in(Language::kChinese);
    return is_han == chinese_documents || (!is_han && language_ == Language::kChinese);
  }

  [[nodiscard]] bool stands(const Name& name) {
    return std::all_of(name.words.begin(), name.words.end(), [&](const std::string& word) {
      if (static_cast<unsigned char>(word.front()) >= 0xE0)
        return !may_search() || documents_.has_text(word) || question_.has_text(word) || ends_early(name, word);
      return documents_.has_name_or_noun(word) || question_.has_name_or_noun(word) || documents_.has_initials(word);
    });
  }

  // A Chinese name of two characters with the beginning of the word behind it: 由何雪批准.
  [[nodiscard]] bool ends_early(const Name& name, std::string_view word) {
    constexpr std::size_t kBytes = 3;  // of a character
    if (word.size() != 3 * kBytes || !may_search() || !documents_.has_text(word.substr(0, 2 * kBytes))) return false;
    const std::string_view next = answer_.substr(name.place.end, kBytes);
    return documents_.has_pair(word.substr(2 * kBytes), next);
  }

  // Only a guess: such a figure is listed apart.
  [[nodiscard]] bool may_be_computed(const Figure& figure) {
    const double value = figure.values.front();
    const bool is_whole = value == std::trunc(value);
    if (!figure.unit && is_whole && value >= 0 && value <= kMostCount && figure.is_written_out) return true;
    if (speaks_of_sums(folded_)) return true;
    constexpr std::size_t kMostGuesses = 100;
    if (guesses_++ >= kMostGuesses) return false;
    if (figure.unit && is_sum_of_measures(figure)) return true;
    const std::vector<double>& pool = known_figures();
    if (pool.size() > kMostNumbers) return false;
    const auto is = [&](double result) { return std::abs(result - value) <= 1e-9 * std::max(1.0, std::abs(value)); };
    for (std::size_t i = 0; i < pool.size(); ++i) {
      for (std::size_t j = i + 1; j < pool.size(); ++j) {
        if (is(pool[i] + pool[j]) || is(std::abs(pool[i] - pool[j])) || is(pool[i] * pool[j]) ||
            is(pool[i] * pool[j] / 100) || is(pool[i] * pool[j] / 10))  // per cent, and tenths
          return true;
      }
    }
    return false;
  }

  // Those of the answer that stand in the documents or in the question.
  [[nodiscard]] const std::vector<double>& known_figures() {
    if (known_figures_) return *known_figures_;
    known_figures_.emplace();
    for (const Figure& figure : facts_.figures) {
      if (documents_.has(figure) || question_.has(figure)) known_figures_->push_back(figure.values.front());
    }
    return *known_figures_;
  }

  // Of two that the documents state in the same dimension.
  [[nodiscard]] bool is_sum_of_measures(const Figure& figure) const {
    const double value = figure.values.front() * figure.unit->factor + figure.unit->offset;
    if (figure.unit->dimension == Dimension::kTime && documents_.has_minutes_between_times(value / 60)) return true;
    const std::vector<double> stated = documents_.measures(figure.unit->dimension);
    if (stated.size() > kMostNumbers) return false;
    const double tolerance = 1e-6 * std::max(1.0, std::abs(value));
    for (std::size_t i = 0; i < stated.size(); ++i) {
      for (std::size_t j = i + 1; j < stated.size(); ++j) {
        const double sum = stated[i] + stated[j];
        const double difference = stated[j] - stated[i];
        if (std::abs(sum - value) <= tolerance || (difference > 0 && std::abs(difference - value) <= tolerance))
          return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::vector<std::string> listed(std::vector<Place>& places) const {
    std::sort(places.begin(), places.end(),
              [](const Place& a, const Place& b) { return a.begin != b.begin ? a.begin < b.begin : a.end > b.end; });
    std::vector<std::string> texts;
    std::set<std::string> seen;
    std::size_t end = 0;  // of the one before: what lies within a quotation is listed with it
    for (const Place& place : places) {
      if (!texts.empty() && place.begin < end) continue;
      end = place.end;
      std::string text(answer_.substr(place.begin, place.end - place.begin));
      if (seen.insert(folded_text(text)).second) texts.push_back(std::move(text));
    }
    return texts;
  }

  [[nodiscard]] bool is_unsupported() {
    constexpr std::size_t kLeastWords = 4;
    if (language_ == Language::kUnknown || !documents_.are_in(language_)) return false;
    if (speaks_of_absence(folded_)) return false;
    std::size_t words = 0;
    std::size_t known = 0;  // pairs of Chinese characters, some of which occur by chance across words
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.kind == Token::Kind::kHan) {
        if (i + 1 >= tokens_.size() || tokens_[i + 1].kind != Token::Kind::kHan || tokens_[i + 1].after_space) continue;
        const std::string& next = tokens_[i + 1].text;
        if (question_.has_pair(token.text, next)) continue;
        if (documents_.has_pair(token.text, next)) ++known;
        ++words;
      } else if (token.kind == Token::Kind::kWord && token.text.size() > 3 && !is_common_word(token.text)) {
        if (question_.has_related(token.text) || written_number(std::span(tokens_).subspan(i))) continue;
        if (documents_.has_related(token.text)) return false;
        ++words;
      }
    }
    if (words < kLeastWords || known * 8 > words) return false;
    const auto new_and_known = [&](const auto& fact) { return documents_.has(fact) && !question_.has(fact); };
    const auto stands_there = [&](const Quotation& quotation) { return stands(quotation); };
    return std::none_of(facts_.quotations.begin(), facts_.quotations.end(), stands_there) &&
           std::none_of(facts_.figures.begin(), facts_.figures.end(), new_and_known) &&
           std::none_of(facts_.identifiers.begin(), facts_.identifiers.end(), new_and_known) &&
           std::none_of(facts_.dates.begin(), facts_.dates.end(),
                        [&](const DatePlace& date) { return new_and_known(date.date); }) &&
           std::none_of(facts_.times.begin(), facts_.times.end(),
                        [&](const TimePlace& time) { return new_and_known(time.time); });
  }

  std::string_view answer_;
  Indexes documents_;
  FactIndex question_;
  std::vector<Token> tokens_;
  Facts facts_;
  Language language_;
  std::string folded_;
  std::vector<Place> missing_;
  std::vector<Place> computed_;
  std::optional<std::vector<double>> known_figures_;
  std::size_t searches_ = 0;
  std::size_t guesses_ = 0;
  bool is_partial_ = false;
};

}  // namespace

namespace {

// Without `[NAME, page N]`, which is judged as a citation.
std::string without_places(std::string_view answer) {
  std::string text;
  while (!answer.empty()) {
    const std::size_t open = answer.find('[');
    constexpr std::size_t kMostPlaceBytes = 400;
    const std::string_view near =
        open == std::string_view::npos ? std::string_view() : answer.substr(open, kMostPlaceBytes);
    const std::size_t close = near.find(']') == std::string_view::npos ? std::string_view::npos : open + near.find(']');
    const std::string_view inside =
        close == std::string_view::npos ? std::string_view() : answer.substr(open, close - open);
    const std::size_t page = inside.rfind(", page ");
    const bool is_place = page != std::string_view::npos && inside.find('\n') == std::string_view::npos &&
                          inside.find_first_not_of("0123456789", page + 7) == std::string_view::npos;
    text += answer.substr(0, is_place ? open : std::min(open, answer.size() - 1) + 1);
    if (is_place) text += ' ';
    answer.remove_prefix(is_place ? close + 1 : std::min(open, answer.size() - 1) + 1);
  }
  return text;
}

}  // namespace

AnswerFindings check_answer(std::string_view whole, std::string_view question,
                            std::span<const FactIndex* const> documents) {
  const bool is_long = whole.size() > kMostAnswerBytes;
  const std::string answer = without_places(whole.substr(0, kMostAnswerBytes));
  AnswerFindings findings = AnswerCheck(answer, question, documents).run();
  findings.is_partial = findings.is_partial || is_long;
  return findings;
}

}  // namespace minions::grounding
