// Finds replies that only repeat what the model was told.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace minions::minion {

// Words, without regard to case, punctuation and blanks. A word is a run of letters, digits and bytes beyond ASCII.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
// Whether both texts have the same three words or more: fewer may be an answer.
[[nodiscard]] bool says_the_same(std::string_view text, std::string_view other);

// Texts to look for in replies.
class Repetition {
 public:
  explicit Repetition(std::initializer_list<std::string_view> told);
  // The reply stands in what was told, with three words or more; or, with six words or more, most of it consists of
  // runs of five words that do.
  [[nodiscard]] bool is_in(std::string_view reply) const;

 private:
  std::vector<std::string> texts_;  // words of each, with a blank before and behind each word
  std::unordered_set<std::string> runs_;
};

}  // namespace minions::minion
