#include "grounding/fact_index.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "grounding/number_words.h"

namespace minions::grounding {
namespace {

constexpr double kExact = 1e-9;
constexpr std::size_t kMostBeside = 6;   // figures that take the unit of one beside them
constexpr std::size_t kLeastDigits = 6;  // of a number in groups
constexpr std::size_t kLeastTail = 5;    // letters of a noun at the end of another
constexpr std::string_view kOne[] = {"one",   "a",     "an", "ein", "eine",        "einer",
                                     "einem", "einen", "un", "une", "\xE4\xB8\x80"};

// Between the sides of something: 120 x 135.
bool is_times(std::string_view between) {
  while (!between.empty() && between.front() == ' ') between.remove_prefix(1);
  while (!between.empty() && between.back() == ' ') between.remove_suffix(1);
  return between == "x" || between == "X" || between == "*" || between == "\xC3\x97";
}

// Between two columns of a table, in one row.
bool is_between_cells(std::string_view between) {
  if (between.size() > 200 || between.find('\n') != std::string_view::npos) return false;
  return between.find("  ") != std::string_view::npos || between.find_first_of("\t|") != std::string_view::npos;
}

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  values.shrink_to_fit();
}

auto order_of(const Date& date) { return std::tuple(date.month, date.day, date.year, date.may_be_swapped); }
bool is_before(const Date& a, const Date& b) { return order_of(a) < order_of(b); }
bool is_same(const Date& a, const Date& b) { return order_of(a) == order_of(b); }

bool has_between(std::span<const double> sorted, double low, double high) {
  const auto found = std::lower_bound(sorted.begin(), sorted.end(), low);
  return found != sorted.end() && *found <= high;
}

// How far a stated value may be from what it rounds.
double tolerance_of(const Figure& figure, double value) {
  const double exact = std::abs(value) * kExact;
  if (figure.is_hedged) return std::max(exact, figure.round_digit / 2 * (1 + kExact));
  const bool precise = std::abs(value) >= 10 * figure.least_digit && !figure.is_written_out;
  return precise ? std::max(exact, figure.least_digit / 2 * (1 + kExact)) : exact;
}

}  // namespace

namespace {

std::uint64_t pair_of(std::string_view first, std::string_view second) {
  const auto code = [](std::string_view character) {
    std::uint64_t bytes = 0;
    for (const char c : character.substr(0, 4)) bytes = bytes << 8U | static_cast<unsigned char>(c);
    return bytes;
  };
  return code(first) << 32U | code(second);
}

}  // namespace

FactIndex::FactIndex(std::span<const std::string_view> texts) {
  std::size_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size() + 1;
  text_.reserve(bytes + bytes / 4);  // growing would leave copies behind
  std::array<std::size_t, 5> languages{};
  for (const std::string_view text : texts) add(text, languages);
  const auto best = std::max_element(languages.begin() + 1, languages.end());
  if (*best > 0) language_ = static_cast<Language>(best - languages.begin());
  sort();
}

FactIndex::~FactIndex() {
  const auto clear = [](std::string& text) { std::fill(text.begin(), text.end(), '\0'); };
  clear(text_);
  clear(digits_);
  for (std::vector<std::string>* list : {&words_, &plain_words_, &tails_, &identifiers_, &initials_})
    std::for_each(list->begin(), list->end(), clear);
}

bool FactIndex::has_pair(std::string_view first, std::string_view second) const {
  return std::binary_search(pairs_.begin(), pairs_.end(), pair_of(first, second));
}

void FactIndex::add(std::string_view text, std::array<std::size_t, 5>& languages) {
  const std::vector<Token> tokens = tokens_of(text);
  languages[static_cast<std::size_t>(language_of(tokens))] += text.size();
  text_ += folded_text(text);
  text_ += '\0';
  add_words(tokens);
  add_digits(tokens);
  add_single_units(tokens);
  add_fractions(tokens);
  Facts facts = facts_of(text, tokens, Reading::kDocument);
  add_figures(text, facts.figures);
  for (const DatePlace& date : facts.dates) dates_.push_back(date.date);
  for (const TimePlace& time : facts.times) {
    times_.set(time.time.minutes);
    if (time.time.may_be_later) times_.set((time.time.minutes + 12 * 60) % (24 * 60));
    measures_.push_back({Dimension::kTime, time.time.minutes * 60.0});  // 1 h 45 may be a duration
  }
  for (Identifier& identifier : facts.identifiers) identifiers_.push_back(std::move(identifier.text));
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const bool joined =
        tokens[i].kind == Token::Kind::kHan && tokens[i + 1].kind == Token::Kind::kHan && !tokens[i + 1].after_space;
    if (joined) pairs_.push_back(pair_of(tokens[i].text, tokens[i + 1].text));
  }
  // `X 204` is X-204.
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const bool pair = tokens[i].kind == Token::Kind::kWord && tokens[i].is_capital && tokens[i].text.size() <= 5 &&
                      tokens[i + 1].kind == Token::Kind::kDigits;
    if (pair) identifiers_.push_back(tokens[i].text + tokens[i + 1].text);
  }
}

namespace {

// Of an e-mail or web address, which writes names without capitals.
bool is_of_address(std::span<const Token> tokens, std::size_t i) {
  const auto joins = [&](std::size_t at) {
    return at < tokens.size() && !tokens[at].after_space &&
           (tokens[at].is_sign("@") || tokens[at].is_sign("/") || tokens[at].is_sign("."));
  };
  if (i > 0 && !tokens[i].after_space && joins(i - 1)) return true;
  return joins(i + 1) && i + 2 < tokens.size() && !tokens[i + 2].after_space;
}

}  // namespace

void FactIndex::add_words(const std::vector<Token>& tokens) {
  std::string initials;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.kind == Token::Kind::kWord) words_.push_back(token.text);
    if (token.kind == Token::Kind::kWord && !token.is_capital && !is_of_address(tokens, i))
      plain_words_.push_back(token.text);
    const bool goes_on = token.kind == Token::Kind::kWord && (token.is_capital || initials.empty());
    if (!goes_on) {
      if (token.kind != Token::Kind::kWord || token.text.size() > 3) initials.clear();
      continue;
    }
    initials += token.text.substr(0, 1);
    for (std::size_t size = 2; size <= std::min<std::size_t>(initials.size(), 6); ++size)
      initials_.push_back(initials.substr(initials.size() - size));
  }
}

void FactIndex::add_figures(std::string_view text, const std::vector<Figure>& figures) {
  for (const Figure& figure : figures) {
    for (const double value : figure.values) {
      numbers_.push_back(value);
      if (!figure.unit) {
        bare_numbers_.push_back(value);
      } else {
        measures_.push_back({figure.unit->dimension, value * figure.unit->factor + figure.unit->offset});
        if (figure.unit->dimension == Dimension::kPercent) numbers_.push_back(value / 100);
      }
    }
  }
  // 1 hour 45 minutes
  for (std::size_t i = 0; i + 1 < figures.size(); ++i) {
    const Figure& first = figures[i];
    const Figure& second = figures[i + 1];
    const bool both = first.unit && second.unit && first.unit->dimension == Dimension::kTime &&
                      second.unit->dimension == Dimension::kTime && first.unit->factor > second.unit->factor;
    if (!both || second.place.begin - first.place.end > 6) continue;
    measures_.push_back(
        {Dimension::kTime, first.values.front() * first.unit->factor + second.values.front() * second.unit->factor});
  }
  // 120 x 135 cm, and the cells of a table's row: a unit may count for what stands without one beside it.
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (!figures[i].unit) continue;
    const Unit& unit = *figures[i].unit;
    const auto add = [&](const Figure& bare) {
      for (const double value : bare.values) measures_.push_back({unit.dimension, value * unit.factor + unit.offset});
    };
    for (std::size_t before = i; before-- > 0 && i - before <= kMostBeside && !figures[before].unit;) {
      const Place& next = figures[before + 1].place;
      if (next.begin < figures[before].place.end) continue;  // two readings of one
      const std::string_view between = text.substr(figures[before].place.end, next.begin - figures[before].place.end);
      if (!is_times(between) && !is_between_cells(between)) break;
      add(figures[before]);
    }
    for (std::size_t after = i + 1; after < figures.size() && after - i <= kMostBeside && !figures[after].unit;
         ++after) {
      const Place& last = figures[after - 1].place;
      if (figures[after].place.begin < last.end) continue;
      if (!is_between_cells(text.substr(last.end, figures[after].place.begin - last.end))) break;
      add(figures[after]);
    }
  }
}

// 0341 55 90 17 as 0341559017.
void FactIndex::add_digits(const std::vector<Token>& tokens) {
  for (std::size_t i = 0; i < tokens.size();) {
    if (tokens[i].kind != Token::Kind::kDigits) {
      ++i;
      continue;
    }
    std::string digits = tokens[i].text;
    std::size_t groups = 1;
    std::size_t end = i + 1;
    for (;;) {
      const std::size_t sign =
          end < tokens.size() && tokens[end].kind == Token::Kind::kSign && !tokens[end].after_line ? 1 : 0;
      const std::size_t next = end + sign;
      if (next >= tokens.size() || tokens[next].kind != Token::Kind::kDigits || tokens[next].after_line) break;
      digits += tokens[next].text;
      ++groups;
      end = next + 1;
    }
    if (groups > 1 && digits.size() >= kLeastDigits) digits_.append(digits).push_back('\0');
    i = end;
  }
}

// One minute: `one` alone is no number, since it is an article as well.
void FactIndex::add_single_units(const std::vector<Token>& tokens) {
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const bool one = std::find(std::begin(kOne), std::end(kOne), tokens[i].text) != std::end(kOne);
    if (!one || tokens[i + 1].text.size() < 3) continue;
    if (const auto unit = unit_at(std::span(tokens).subspan(i + 1)))
      measures_.push_back({unit->dimension, unit->factor + unit->offset});
  }
}

// A third as 33 %, three-quarters as 75 %.
void FactIndex::add_fractions(const std::vector<Token>& tokens) {
  constexpr std::pair<std::string_view, double> kWords[] = {
      {"half", 2},      {"halfte", 2},     {"moitie", 2},  {"third", 3},    {"thirds", 3},
      {"drittel", 3},   {"tiers", 3},      {"quarter", 4}, {"quarters", 4}, {"viertel", 4},
      {"quart", 4},     {"quarts", 4},     {"fifth", 5},   {"fifths", 5},   {"funftel", 5},
      {"cinquieme", 5}, {"cinquiemes", 5}, {"tenth", 10},  {"zehntel", 10}, {"dixieme", 10}};
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto part = std::find_if(std::begin(kWords), std::end(kWords),
                                   [&](const auto& word) { return tokens[i].is_word(word.first); });
    if (part == std::end(kWords)) continue;
    std::size_t before = i;
    if (before > 0 && tokens[before - 1].is_sign("-")) --before;
    double count = 1;
    if (before > 0) {
      if (const auto written = written_number(std::span(tokens).subspan(before - 1, 1))) count = written->value;
    }
    if (count >= 1 && count < part->second) measures_.push_back({Dimension::kPercent, 100 * count / part->second});
  }
}

void FactIndex::sort() {
  sort_unique(words_);
  sort_unique(plain_words_);
  if (language_ == Language::kGerman) {
    for (const std::string& word : words_) {
      if (word.size() > kLeastTail) tails_.emplace_back(word.rbegin(), word.rend());
    }
    sort_unique(tails_);
  }
  sort_unique(identifiers_);
  sort_unique(initials_);
  sort_unique(pairs_);
  std::sort(dates_.begin(), dates_.end(), is_before);
  dates_.erase(std::unique(dates_.begin(), dates_.end(), is_same), dates_.end());
  sort_unique(numbers_);
  sort_unique(bare_numbers_);
  std::sort(measures_.begin(), measures_.end());
}

bool FactIndex::has_number(double value, double tolerance) const {
  return has_between(numbers_, value - tolerance, value + tolerance);
}

bool FactIndex::has_measure(Dimension dimension, double value, double around) const {
  const auto found = std::lower_bound(measures_.begin(), measures_.end(), Measure{dimension, value - around});
  return found != measures_.end() && found->dimension == dimension && found->value <= value + around;
}

bool FactIndex::has(const Figure& figure) const {
  for (const double value : figure.values) {
    const double tolerance = tolerance_of(figure, value);
    if (!figure.unit) {
      if (has_number(value, tolerance)) return true;
      continue;
    }
    const Unit& unit = *figure.unit;
    const double base = value * unit.factor + unit.offset;
    constexpr double kHardly = 1e-6;
    if (unit.dimension == Dimension::kCents) {
      for (const Dimension money :
           {Dimension::kEuro, Dimension::kDollar, Dimension::kPound, Dimension::kFranc, Dimension::kYuan}) {
        if (has_measure(money, base, kHardly)) return true;
      }
      if (has_between(bare_numbers_, base - kExact, base + kExact)) return true;
    } else if (unit.dimension >= Dimension::kEuro && has_measure(Dimension::kCents, base, kHardly)) {
      return true;
    }
    if (has_measure(unit.dimension, base, std::max(tolerance * unit.factor, std::abs(base) * kHardly))) return true;
    if (has_between(bare_numbers_, value - tolerance, value + tolerance)) return true;
    if (unit.dimension == Dimension::kPercent &&
        has_between(bare_numbers_, (value - tolerance) / 100, (value + tolerance) / 100))
      return true;
  }
  return false;
}

bool FactIndex::has(const Date& date) const {
  const bool year_known = date.year != 0 && has_number(date.year, 0);
  return std::any_of(dates_.begin(), dates_.end(), [&](const Date& stated) {
    if (!agree(stated, date)) return false;
    // What the documents leave out must stand elsewhere in them.
    if (date.year != 0 && stated.year == 0 && !year_known) return false;
    if (date.day != 0 && stated.day == 0) return false;
    return date.month == 0 || stated.month != 0;
  });
}

std::vector<double> FactIndex::measures(Dimension dimension) const {
  std::vector<double> values;
  for (auto found = std::lower_bound(measures_.begin(), measures_.end(), Measure{dimension, -1e300});
       found != measures_.end() && found->dimension == dimension; ++found)
    values.push_back(found->value);
  return values;
}

bool FactIndex::has(const TimeOfDay& time) const {
  if (std::binary_search(measures_.begin(), measures_.end(), Measure{Dimension::kTime, time.minutes * 60.0}))
    return true;
  if (times_.test(time.minutes)) return true;
  return time.may_be_later && times_.test((time.minutes + 12 * 60) % (24 * 60));
}

bool FactIndex::has_minutes_between_times(double minutes) const {
  if (minutes < 1 || minutes >= static_cast<double>(times_.size()) || times_.count() > 200) return false;
  const auto apart = static_cast<std::size_t>(minutes);
  for (std::size_t i = 0; i + apart < times_.size(); ++i) {
    if (times_.test(i) && times_.test(i + apart)) return true;
  }
  return false;
}

namespace {

// Whether a word of the sorted list begins as this one does, for most of its length.
bool has_stem(const std::vector<std::string>& words, std::string_view word) {
  if (word.size() < 5) return false;
  const std::string_view stem = word.substr(0, std::max<std::size_t>(5, word.size() * 3 / 4));
  const auto found = std::lower_bound(words.begin(), words.end(), stem);
  return found != words.end() && found->starts_with(stem);
}

// How names are inflected: in German all of these, elsewhere a plural or a genitive.
std::span<const std::string_view> endings_of(Language language) {
  static constexpr std::string_view kAll[] = {"s", "es", "n", "en", "e", "er", "ens"};
  return std::span(kAll).first(language == Language::kGerman ? std::size(kAll) : 2);
}

}  // namespace

bool FactIndex::has_name(std::string_view word) const {
  const auto known = [&](std::string_view form) { return std::binary_search(words_.begin(), words_.end(), form); };
  if (known(word)) return true;
  for (const std::string_view ending : endings_of(language_)) {
    if (word.size() > ending.size() + 2 && word.ends_with(ending) && known(word.substr(0, word.size() - ending.size())))
      return true;
    if (known(std::string(word).append(ending))) return true;
  }
  if (has_people_of(word)) return true;
  if (word.size() < kLeastTail) return false;
  const std::string tail(word.rbegin(), word.rend());
  const auto found = std::lower_bound(tails_.begin(), tails_.end(), tail);
  return found != tails_.end() && found->starts_with(tail);
}

// Germany, German; Spanien, spanisch; Chine, chinois.
bool FactIndex::has_people_of(std::string_view word) const {
  constexpr std::string_view kCountries[] = {"", "y", "ia", "a", "e", "ien", "en", "land", "ie", "way"};
  constexpr std::string_view kPeoples[] = {"an",  "ans",  "ian", "ians", "ish", "ese",  "isch", "ische", "ischen", "er",
                                           "ern", "erin", "ais", "aise", "ois", "oise", "ien",  "ienne", "wegian"};
  const auto turned = [&](std::span<const std::string_view> from, std::span<const std::string_view> to) {
    for (const std::string_view ending : from) {
      if (!word.ends_with(ending) || word.size() < ending.size() + 4) continue;
      const std::string stem(word.substr(0, word.size() - ending.size()));
      for (const std::string_view other : to) {
        if (std::binary_search(words_.begin(), words_.end(), stem + std::string(other))) return true;
      }
    }
    return false;
  };
  // Germany, whose people are the stem.
  constexpr std::string_view kNoEnding[] = {""};
  constexpr std::string_view kOnlyY[] = {"y"};
  return turned(kPeoples, kCountries) || turned(kCountries, kPeoples) || turned(kOnlyY, kNoEnding) ||
         turned(kNoEnding, kOnlyY);
}

bool FactIndex::has_name_or_noun(std::string_view word) const {
  if (has_name(word) || has_stem(plain_words_, word)) return true;
  // German nouns are put together: Bernstein stands in Bernsteinkette.
  if (language_ != Language::kGerman || word.size() < kLeastTail) return false;
  const auto found = std::lower_bound(words_.begin(), words_.end(), word);
  return found != words_.end() && found->starts_with(word) && found->size() >= word.size() + kLeastTail - 1;
}

bool FactIndex::has_related(std::string_view word) const { return has_name(word) || has_stem(words_, word); }

bool FactIndex::has(const Identifier& identifier) const {
  return std::binary_search(identifiers_.begin(), identifiers_.end(), identifier.text) || has_name(identifier.text);
}

bool FactIndex::has_initials(std::string_view letters) const {
  return std::binary_search(initials_.begin(), initials_.end(), letters);
}

std::size_t FactIndex::memory_bytes() const {
  const auto texts = [](const std::vector<std::string>& list) {
    std::size_t bytes = list.capacity() * sizeof(std::string);
    for (const std::string& one : list) bytes += one.capacity() > 15 ? one.capacity() + 1 : 0;
    return bytes;
  };
  return text_.capacity() + digits_.capacity() + texts(words_) + texts(plain_words_) + texts(tails_) +
         texts(identifiers_) + texts(initials_) + (numbers_.capacity() + bare_numbers_.capacity()) * sizeof(double) +
         measures_.capacity() * sizeof(Measure) + dates_.capacity() * sizeof(Date) + sizeof(*this);
}

}  // namespace minions::grounding
