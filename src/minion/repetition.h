// Finds replies that only repeat what the model was told.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace minions::minion {

// Words, without regard to case, punctuation and blanks. A Chinese character or a Japanese kana is a word.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
// Whether both texts have the same three words or more: fewer may be an answer.
[[nodiscard]] bool says_the_same(std::string_view text, std::string_view other);

// Texts to look for in replies.
class Repetition {
 public:
  // A shorter reply, in words, is one of its own.
  Repetition(std::initializer_list<std::string_view> told, std::size_t least_words);
  // Most of the reply consists of runs of five words that stand in what was told.
  [[nodiscard]] bool is_in(std::string_view reply) const;

 private:
  std::size_t least_words_;
  std::unordered_set<std::string> runs_;
};

}  // namespace minions::minion
