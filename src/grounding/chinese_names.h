// Names in Chinese text, which marks none: of people by their surname and what stands around them, of places and
// organisations by what they end with, and of well-known places.
#pragma once

#include <span>
#include <vector>

#include "grounding/tokens.h"

namespace minions::grounding {

struct TokenRange {
  std::size_t first;
  std::size_t end;
};

// taken: tokens that are part of another fact.
[[nodiscard]] std::vector<TokenRange> chinese_names(std::span<const Token> tokens, std::vector<bool> taken);

}  // namespace minions::grounding
