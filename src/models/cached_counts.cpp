#include "models/cached_counts.h"

#include <algorithm>
#include <string_view>

namespace minions::models {
namespace {

// Of OpenAI's usage, of vLLM and SGLang beside it, of llama-server's timings, and as other vendors name them.
constexpr std::string_view kCounts[] = {"cached_tokens",
                                        "num_cached_tokens",
                                        "cached_prompt_tokens",
                                        "cache_n",
                                        "prompt_n",
                                        "tokens_cached",
                                        "cache_read_input_tokens",
                                        "cache_creation_input_tokens",
                                        "prompt_cache_hit_tokens",
                                        "prompt_cache_miss_tokens"};

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool is_of_number(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

}  // namespace

void CachedCounts::hide(MutableBytes piece) {
  for (std::uint8_t& byte : piece) step(byte);
}

bool CachedCounts::is_count() const {
  return length_ <= name_.size() && std::find(std::begin(kCounts), std::end(kCounts),
                                              std::string_view(name_.data(), length_)) != std::end(kCounts);
}

void CachedCounts::step(std::uint8_t& byte) {
  const char c = static_cast<char>(byte);
  switch (state_) {
    case State::kString:
      if (c == '"') {
        state_ = is_count() ? State::kBehindName : State::kText;
        return;
      }
      if (c == '\\') {
        state_ = State::kEscape;
      } else if (c == '\n') {
        state_ = State::kText;  // JSON has none in a string: what opened this one was none
      }
      if (length_ < name_.size()) name_[length_] = c;
      length_ = std::min(length_ + 1, name_.size() + 1);
      return;
    case State::kEscape:
      state_ = State::kString;
      length_ = name_.size() + 1;  // no name here has an escape
      return;
    case State::kBehindName:
      if (is_space(c)) return;
      if (c == ':') {
        state_ = State::kBehindColon;
        return;
      }
      break;
    case State::kBehindColon:
      if (is_space(c)) return;
      if (!is_of_number(c)) break;
      byte = '0';
      state_ = State::kNumber;
      return;
    case State::kNumber:
      if (!is_of_number(c)) break;
      byte = ' ';
      return;
    case State::kText: break;
  }
  state_ = State::kText;
  if (c != '"') return;
  state_ = State::kString;
  length_ = 0;
}

}  // namespace minions::models
