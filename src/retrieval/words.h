// Words of a text as retrieval compares them: letters folded to lower case, common English endings removed, so that
// "Revenues" and "revenue" are equal. And the words of a question that reveal nothing about its subject.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace minions::retrieval {

// Calls visit(word) with each run of letters and digits (and of bytes above 0x7F), unchanged. An apostrophe or a dot
// between two letters or digits belongs to the word ("don't", "4.2").
template <class Visit>
void for_each_word(std::string_view text, Visit visit);

// The form in which words are compared. Reads at most 64 bytes.
[[nodiscard]] std::string folded(std::string_view word);
// The same as a number, without an allocation; equal forms have equal numbers.
[[nodiscard]] std::uint64_t folded_hash(std::string_view word);

// Articles, prepositions, auxiliaries, question words: the folded form of an English word that is common in every text.
[[nodiscard]] bool is_stop_word(std::string_view word);

// A longer question is a text; its further words are not searched for.
inline constexpr std::size_t kMostSearchWords = 10'000;
// The words to search for, each once, unchanged; all of them if every one is a stop word.
[[nodiscard]] std::vector<std::string> search_words(std::string_view question);

namespace detail {
constexpr bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}
}  // namespace detail

template <class Visit>
void for_each_word(std::string_view text, Visit visit) {
  const auto is_word = [&](std::size_t i) { return i < text.size() && detail::is_word_byte(text[i]); };
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_word(at)) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    while (is_word(at) || (at < text.size() && (text[at] == '\'' || text[at] == '.') && is_word(at + 1))) ++at;
    visit(text.substr(start, at - start));
  }
}

}  // namespace minions::retrieval
