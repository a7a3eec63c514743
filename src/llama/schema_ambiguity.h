// In how many ways at once an answer can be read while it is written: the cost of checking a token against a grammar.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace minions::llama {

inline constexpr std::uint64_t kMostReadings = 256;

// For a schema that bounded_schema() wrote. Alternatives that can begin alike are read in parallel, each with its whole
// content; objects whose first required property is a different constant in each are distinguished by it. kTooLarge:
// over kMostReadings, or more with each level of a schema that contains itself.
[[nodiscard]] Status check_ambiguity(const nlohmann::ordered_json& schema);

}  // namespace minions::llama
