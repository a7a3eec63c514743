// What documents state, made for looking up the facts of answers: words, figures, dates, identifiers, and the text
// itself for quotations. Made once when the documents have been read; looking up does not depend on their size but for
// quotations.
#pragma once

#include <array>
#include <bitset>
#include <span>
#include <string_view>

#include "grounding/facts.h"
#include "grounding/languages.h"

namespace minions::grounding {

// An index takes several times as much while it is made.
inline constexpr std::size_t kMostIndexedBytes = 32 * 1024 * 1024;

class FactIndex {
 public:
  explicit FactIndex(std::span<const std::string_view> texts);
  FactIndex(FactIndex&&) noexcept = default;
  FactIndex& operator=(FactIndex&&) noexcept = default;
  ~FactIndex();  // wipes the text

  [[nodiscard]] bool has(const Figure& figure) const;
  [[nodiscard]] bool has(const Date& date) const;
  [[nodiscard]] bool has(const TimeOfDay& time) const;
  // A name's word, also inflected or as the people of a country: Müllers, Bergers, Norwegian.
  [[nodiscard]] bool has_name(std::string_view word) const;
  // The same, or a word with the same beginning that is no name, since it stands somewhere without a capital.
  [[nodiscard]] bool has_name_or_noun(std::string_view word) const;
  // A word with the same beginning: one that is inflected or derived.
  [[nodiscard]] bool has_related(std::string_view word) const;
  [[nodiscard]] bool has(const Identifier& identifier) const;
  // A search through all of it: the only one here that costs more in a longer text.
  [[nodiscard]] bool has_text(std::string_view folded) const { return text_.find(folded) != std::string::npos; }
  // Digits within a number that is written in groups, such as a telephone's.
  [[nodiscard]] bool has_digits(std::string_view digits) const { return digits_.find(digits) != std::string::npos; }
  // Two Chinese characters that stand together.
  [[nodiscard]] bool has_pair(std::string_view first, std::string_view second) const;
  // The initials of words that stand together: EU of European Union.
  [[nodiscard]] bool has_initials(std::string_view letters) const;
  [[nodiscard]] std::span<const double> numbers() const { return numbers_; }
  // In the unit of the dimension, sorted.
  [[nodiscard]] std::vector<double> measures(Dimension dimension) const;
  [[nodiscard]] bool has_minutes_between_times(double minutes) const;
  [[nodiscard]] Language language() const { return language_; }
  // Of what it holds.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct Measure {
    Dimension dimension;
    double value;  // in the unit of the dimension
    friend auto operator<=>(const Measure&, const Measure&) = default;
  };
  void add(std::string_view text, std::array<std::size_t, 5>& languages);
  void add_words(const std::vector<Token>& tokens);
  void add_figures(std::string_view text, const std::vector<Figure>& figures);
  void add_digits(const std::vector<Token>& tokens);
  void add_single_units(const std::vector<Token>& tokens);
  void add_fractions(const std::vector<Token>& tokens);
  void sort();
  [[nodiscard]] bool has_people_of(std::string_view word) const;
  [[nodiscard]] bool has_measure(Dimension dimension, double value, double around) const;
  [[nodiscard]] bool has_number(double value, double tolerance) const;

  std::string text_;    // folded, a zero byte after each
  std::string digits_;  // of numbers in groups, a zero byte after each
  std::vector<std::string> words_;
  std::vector<std::string> plain_words_;  // without a capital
  std::vector<std::string> tails_;        // of German, whose nouns are put together: the words backwards
  std::vector<std::string> identifiers_;
  std::vector<std::string> initials_;
  std::vector<std::uint64_t> pairs_;  // of Chinese characters
  std::vector<double> numbers_;
  std::vector<double> bare_numbers_;  // that stand without a unit somewhere
  std::vector<Measure> measures_;
  std::vector<Date> dates_;
  std::bitset<24 * 60> times_;
  Language language_ = Language::kUnknown;
};

}  // namespace minions::grounding
