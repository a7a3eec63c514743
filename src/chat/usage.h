// Tokens that a model counted, as OpenAI's `usage` reports them and as a run of many calls adds them up.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace minions::chat {

struct Usage {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t completion_tokens = 0;
  std::uint64_t cached_prompt_tokens = 0;  // part of prompt_tokens that came from the backend's cache
  std::uint64_t seen_prompt_tokens = 0;    // part of prompt_tokens sent before in the same run; no backend reports it

  [[nodiscard]] std::uint64_t total_tokens() const { return prompt_tokens + completion_tokens; }
  Usage& operator+=(const Usage& more);
  [[nodiscard]] friend Usage operator+(Usage left, const Usage& right) { return left += right; }
  [[nodiscard]] friend bool operator==(const Usage&, const Usage&) = default;
};

// The value of `usage` in a reply: {"prompt_tokens", "completion_tokens", "prompt_tokens_details"?: {"cached_tokens"}}.
// Counts that are missing or null are zero; a count of another type is an error.
[[nodiscard]] Result<Usage> parse_usage(std::string_view json);

}  // namespace minions::chat
