#include "minion/repetition.h"

#include <algorithm>

namespace minions::minion {
namespace {

constexpr std::size_t kLeastWords = 3;
constexpr std::size_t kRunWords = 5;
constexpr std::size_t kMostBytes = 64 * 1024;  // of a reply: a longer one does not only repeat

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string joined(const std::vector<std::string>& words, std::size_t begin, std::size_t count) {
  std::string text = " ";
  for (std::size_t i = begin; i < begin + count; ++i) text.append(words[i]).append(" ");
  return text;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool in_word = false;
  for (const char c : text) {
    if (!is_word_byte(c)) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    words.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return words;
}

bool says_the_same(std::string_view text, std::string_view other) {
  const std::vector<std::string> words = words_of(text);
  return words.size() >= kLeastWords && words == words_of(other);
}

Repetition::Repetition(std::initializer_list<std::string_view> told) {
  for (const std::string_view text : told) {
    const std::vector<std::string> words = words_of(text);
    texts_.push_back(joined(words, 0, words.size()));
    for (std::size_t i = 0; i + kRunWords <= words.size(); ++i) runs_.insert(joined(words, i, kRunWords));
  }
}

bool Repetition::is_in(std::string_view reply) const {
  if (reply.size() > kMostBytes) return false;
  const std::vector<std::string> words = words_of(reply);
  if (words.size() < kLeastWords) return false;
  if (words.size() <= kRunWords) {
    const std::string whole = joined(words, 0, words.size());
    return std::any_of(texts_.begin(), texts_.end(),
                       [&](const std::string& text) { return text.find(whole) != std::string::npos; });
  }
  std::size_t repeated = 0;  // words
  std::size_t counted = 0;   // up to here
  for (std::size_t i = 0; i + kRunWords <= words.size(); ++i) {
    if (!runs_.contains(joined(words, i, kRunWords))) continue;
    repeated += i + kRunWords - std::max(i, counted);
    counted = i + kRunWords;
  }
  return repeated * 5 >= words.size() * 3;
}

}  // namespace minions::minion
