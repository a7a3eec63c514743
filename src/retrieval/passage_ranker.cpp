#include "retrieval/passage_ranker.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>

#include "retrieval/words.h"

namespace minions::retrieval {
namespace {

// Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); its usual constants.
constexpr double kK1 = 1.2;
constexpr double kB = 0.75;
constexpr std::size_t kBytesBetweenQuestions = 512 * 1024;
constexpr std::size_t kBytesOfAPassage = 32;  // its cost besides its text

// Different in each process, so that nobody can choose words that collide in one slot.
std::uint64_t odd_number() {
  static const std::uint64_t number = [] {
    std::random_device random;
    return (std::uint64_t{random()} << 32) | random() | 1;
  }();
  return number;
}

// The folded words of the query in a small open-addressed table: almost no word of a text is in it.
class WordTable {
 public:
  explicit WordTable(std::span<const QueryWord> query) {
    std::size_t slots = 64;
    while (slots < query.size() * 8) slots *= 2, --shift_;
    slots_.assign(slots, {});
    for (const QueryWord& word : query) {
      const std::uint64_t hash = folded_hash(word.word);
      Slot& slot = slots_[slot_of(hash)];
      if (slot.index == kNone) {
        slot = {hash, static_cast<std::uint32_t>(weights_.size())};
        weights_.push_back(0);
      }
      weights_[slot.index] += word.weight;
    }
  }

  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  [[nodiscard]] std::uint32_t index_of(std::uint64_t hash) const { return slots_[slot_of(hash)].index; }
  [[nodiscard]] std::span<const double> weights() const { return weights_; }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t index = kNone;
  };
  // The word's own slot, or the free one for it.
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const {
    std::size_t at = (hash * factor_) >> shift_;
    while (slots_[at].index != kNone && slots_[at].hash != hash) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  std::uint64_t factor_ = odd_number();
  int shift_ = 64 - 6;  // 64 slots
  std::vector<Slot> slots_;
  std::vector<double> weights_;
};

struct Match {
  std::uint32_t passage;
  std::uint32_t word;
  std::uint32_t count;
};

}  // namespace

std::vector<double> bm25_scores(std::span<const std::string_view> passages, std::span<const QueryWord> query,
                                const std::function<bool()>& go_on) {
  std::vector<double> scores(passages.size(), 0);
  const WordTable table(query);
  if (table.weights().empty() || passages.empty()) return scores;

  std::vector<Match> matches;
  std::vector<std::uint32_t> lengths(passages.size());
  std::vector<std::uint32_t> counts(table.weights().size());
  std::vector<std::uint32_t> passages_with(table.weights().size());
  std::vector<std::uint32_t> found;  // in the passage
  std::size_t bytes = kBytesBetweenQuestions;
  double words_in_all = 0;
  for (std::uint32_t i = 0; i < passages.size(); ++i) {
    if (bytes >= kBytesBetweenQuestions) {
      if (!go_on()) return scores;
      bytes = 0;
    }
    bytes += passages[i].size() + kBytesOfAPassage;
    found.clear();
    for_each_word(passages[i], [&](std::string_view word) {
      ++lengths[i];
      const std::uint32_t index = table.index_of(folded_hash(word));
      if (index != WordTable::kNone && counts[index]++ == 0) found.push_back(index);
    });
    words_in_all += lengths[i];
    std::sort(found.begin(), found.end());
    for (const std::uint32_t word : found) {
      matches.push_back({i, word, std::exchange(counts[word], 0)});
      ++passages_with[word];
    }
  }

  const auto total = static_cast<double>(passages.size());
  const double average_length = std::max(1.0, words_in_all / total);
  for (const Match& match : matches) {
    const double with = passages_with[match.word];
    const double rarity = std::log(1 + (total - with + 0.5) / (with + 0.5));
    const double length = kK1 * (1 - kB + kB * lengths[match.passage] / average_length);
    scores[match.passage] += table.weights()[match.word] * rarity * match.count * (kK1 + 1) / (match.count + length);
  }
  return scores;
}

}  // namespace minions::retrieval
