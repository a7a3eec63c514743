#include "minion/repetition.h"

#include <algorithm>

namespace minions::minion {
namespace {

constexpr std::size_t kLeastSame = 3;
constexpr std::size_t kRunWords = 5;
constexpr std::size_t kMostBytes = 64 * 1024;  // of a reply: a longer one does not only repeat

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

enum class Kind { kOfWord, kBetween, kWord };
struct Character {
  std::size_t bytes;
  Kind kind;
};

// In UTF-8; what is ill-formed is taken byte by byte.
Character character_at(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  const unsigned second = byte_at(text, at + 1);
  if (first < 0x80) {
    const bool letter =
        (first >= '0' && first <= '9') || (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
    return {1, letter ? Kind::kOfWord : Kind::kBetween};
  }
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte_at(text, at + i) & 0xC0U) != 0x80U) return {1, Kind::kOfWord};
  }
  const bool no_break_space = first == 0xC2 && second == 0xA0;
  const bool punctuation = first == 0xE2 && (second == 0x80 || second == 0x81);  // U+2000 to U+207F
  const bool cjk_punctuation = first == 0xE3 && second == 0x80;                  // U+3000 to U+303F
  const bool full_width = first == 0xEF && (second == 0xBC || second == 0xBD);   // U+FF00 to U+FF7F
  if (no_break_space || punctuation || cjk_punctuation || full_width) return {bytes, Kind::kBetween};
  return {bytes, first >= 0xE3 && first <= 0xE9 ? Kind::kWord : Kind::kOfWord};
}

std::string joined(const std::vector<std::string>& words, std::size_t begin) {
  std::string text = " ";
  for (std::size_t i = begin; i < begin + kRunWords; ++i) text.append(words[i]).append(" ");
  return text;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (character.kind != Kind::kBetween) {
      if (!in_word || character.kind == Kind::kWord) words.emplace_back();
      for (const char c : text.substr(at, character.bytes))
        words.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
    in_word = character.kind == Kind::kOfWord;
    at += character.bytes;
  }
  return words;
}

bool says_the_same(std::string_view text, std::string_view other) {
  if (text.size() > kMostBytes) return false;
  const std::vector<std::string> words = words_of(text);
  return words.size() >= kLeastSame && words == words_of(other);
}

Repetition::Repetition(std::initializer_list<std::string_view> told, std::size_t least_words)
    : least_words_(std::max(least_words, kRunWords)) {
  for (const std::string_view text : told) {
    const std::vector<std::string> words = words_of(text);
    for (std::size_t i = 0; i + kRunWords <= words.size(); ++i) runs_.insert(joined(words, i));
  }
}

bool Repetition::is_in(std::string_view reply) const {
  if (reply.size() > kMostBytes) return false;
  const std::vector<std::string> words = words_of(reply);
  if (words.size() < least_words_) return false;
  std::size_t repeated = 0;  // words
  std::size_t counted = 0;   // up to here
  for (std::size_t i = 0; i + kRunWords <= words.size(); ++i) {
    if (!runs_.contains(joined(words, i))) continue;
    repeated += i + kRunWords - std::max(i, counted);
    counted = i + kRunWords;
  }
  return repeated * 5 >= words.size() * 3;
}

}  // namespace minions::minion
