// The numbers that Word puts before paragraphs: `1.1`, `(a)`, `Article IV` (ECMA-376 part 1, section 17.9). Definitions
// from the numbering part, and the counters of one story of the document.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "formats/counter_format.h"
#include "formats/word_styles.h"

namespace minions::formats {

inline constexpr std::size_t kWordListLevels = 9;

struct WordListLevel {
  std::uint32_t start = 0;
  CounterStyle style = CounterStyle::kDecimal;
  std::size_t min_digits = 0;   // of a custom format such as 001
  std::string text;             // `%1.%2`
  std::string separator = " ";  // between number and text; a tab is a space here
  std::string paragraph_style;  // whose paragraphs are at this level
  std::optional<int> restart;   // w:lvlRestart: only after this level, counted from 1; 0: never
  SymbolFont font = SymbolFont::kNone;
  bool legal = false;  // all numbers in it are decimal
  bool hidden = false;
};

class WordNumbering final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view) override {}
  [[nodiscard]] Read<void> status() const override;

  struct List {
    int definition = 0;  // lists of the same one go on counting
    std::array<std::optional<std::uint32_t>, kWordListLevels> starts;
    const std::array<WordListLevel, kWordListLevels>* levels = nullptr;
    std::array<const WordListLevel*, kWordListLevels> own_levels{};  // instead of those
    [[nodiscard]] const WordListLevel& level(std::size_t at) const {
      return own_levels[at] != nullptr ? *own_levels[at] : (*levels)[at];
    }
  };
  // Nothing if no such list is defined. Styles may say which.
  [[nodiscard]] std::optional<List> list(int id, WordStyles& styles) const;

 private:
  struct Definition {
    std::array<WordListLevel, kWordListLevels> levels;
    std::string style_link;  // w:numStyleLink: the levels are those of a numbering style's list
  };
  struct Instance {
    int definition = 0;
    std::array<std::optional<std::uint32_t>, kWordListLevels> starts;
    std::map<std::size_t, WordListLevel> levels;
  };
  void start_level(const XmlAttributes& attributes);
  void take(std::string_view name, const XmlAttributes& attributes);

  std::map<int, Definition> definitions_;
  std::map<int, Instance> instances_;
  Definition* definition_ = nullptr;
  Instance* instance_ = nullptr;
  WordListLevel* level_ = nullptr;
  std::size_t override_ = 0;  // the level that an instance changes
  std::size_t bytes_ = 0;
  int skipped_depth_ = 0;
};

class ListCounters {
 public:
  // Counts a paragraph and returns what stands before its text, with the separator. Bullets are `- `, indented by
  // level.
  [[nodiscard]] std::string next(const WordNumbering::List& list, int id, std::size_t level);

 private:
  struct Counter {
    std::uint32_t number = 0;
    bool started = false;
  };
  using Counters = std::array<Counter, kWordListLevels>;
  void count(const WordNumbering::List& list, int id, std::size_t level, Counters& counters);

  std::map<int, Counters> counters_;                 // by definition
  std::set<std::pair<int, std::size_t>> restarted_;  // lists and levels whose own start is used up
};

}  // namespace minions::formats
