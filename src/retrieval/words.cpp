#include "retrieval/words.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

namespace minions::retrieval {
namespace {

constexpr std::size_t kMaxBytes = 64;

struct Folded {
  std::array<char, kMaxBytes> bytes;
  std::size_t size;
  [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
};

constexpr bool is_vowel(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y'; }

bool has_vowel(std::string_view text) { return std::any_of(text.begin(), text.end(), is_vowel); }

// A short suffix rule set in the spirit of Porter's first step: it need not be right, only equal on both sides.
std::size_t stem_size(std::string_view word) {
  const auto ends = [&](std::string_view suffix, std::size_t least_left) {
    return word.size() >= suffix.size() + least_left && word.ends_with(suffix);
  };
  if (ends("'s", 1)) word.remove_suffix(2);
  if (word.size() < 4 || std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return word.size();
  if (ends("ies", 2)) return word.size() - 2;  // the rest keeps its i, as y becomes i below
  if (ends("sses", 1)) {
    word.remove_suffix(2);
  } else if (ends("s", 3) && !ends("ss", 1) && !ends("us", 1) && !ends("is", 1)) {
    word.remove_suffix(1);
  }
  const std::size_t before = word.size();
  if (ends("ing", 3) && has_vowel(word.substr(0, word.size() - 3))) word.remove_suffix(3);
  if (word.size() == before && ends("ed", 3) && has_vowel(word.substr(0, word.size() - 2))) word.remove_suffix(2);
  const bool shortened = word.size() != before;
  if (shortened && word.size() > 3 && word[word.size() - 1] == word[word.size() - 2] &&
      !std::strchr("lsz", word.back())) {
    word.remove_suffix(1);
  }
  if (word.size() > 3 && word.back() == 'e') word.remove_suffix(1);
  return word.size();
}

Folded fold(std::string_view word) {
  Folded folded;
  folded.size = std::min(word.size(), kMaxBytes);
  for (std::size_t i = 0; i < folded.size; ++i) {
    auto c = static_cast<unsigned char>(word[i]);
    const bool latin1_capital =
        i > 0 && word[i - 1] == '\xC3' && c >= 0x80 && c <= 0x9E && c != 0x97;  // U+00C0 to U+00DE
    if ((c >= 'A' && c <= 'Z') || latin1_capital) c = static_cast<unsigned char>(c + 32);
    folded.bytes[i] = static_cast<char>(c);
  }
  folded.size = stem_size(folded.view());
  if (folded.size > 2 && folded.bytes[folded.size - 1] == 'y') folded.bytes[folded.size - 1] = 'i';
  return folded;
}

// Sorted, as before folding.
constexpr std::string_view kStopWords[] = {
    "a",    "about", "according", "all",   "also", "am",   "an",    "and",   "any",    "are",  "as",    "at",
    "be",   "been",  "being",     "but",   "by",   "can",  "could", "did",   "do",     "does", "doing", "for",
    "from", "give",  "had",       "has",   "have", "he",   "her",   "his",   "how",    "i",    "if",    "in",
    "into", "is",    "it",        "its",   "many", "me",   "much",  "my",    "no",     "not",  "of",    "on",
    "or",   "our",   "please",    "said",  "say",  "says", "shall", "she",   "should", "so",   "some",  "tell",
    "than", "that",  "the",       "their", "them", "then", "there", "these", "they",   "this", "those", "to",
    "us",   "was",   "we",        "were",  "what", "when", "where", "which", "who",    "whom", "whose", "why",
    "will", "with",  "would",     "you",   "your"};

}  // namespace

std::string folded(std::string_view word) { return std::string(fold(word).view()); }

std::uint64_t folded_hash(std::string_view word) {
  // FNV-1a; 64 bits, so that two words of one text never meet in practice.
  std::uint64_t hash = 0xCBF29CE484222325U;
  const Folded form = fold(word);
  for (const char c : form.view()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

bool is_stop_word(std::string_view word) {
  if (word.size() > 9) return false;
  std::string lower(word);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return std::binary_search(std::begin(kStopWords), std::end(kStopWords), std::string_view(lower));
}

std::vector<std::string> search_words(std::string_view question) {
  std::vector<std::string> all;
  std::vector<std::string> telling;
  std::set<std::uint64_t> seen;
  for_each_word(question, [&](std::string_view word) {
    if (seen.size() == kMostSearchWords || !seen.insert(folded_hash(word)).second) return;
    all.emplace_back(word);
    if (!is_stop_word(word)) telling.emplace_back(word);
  });
  return telling.empty() ? all : telling;
}

}  // namespace minions::retrieval
