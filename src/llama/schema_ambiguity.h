// In how many ways at once an answer can be read while it is written: what holding a token against a grammar costs.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace minions::llama {

inline constexpr std::uint64_t kMostReadings = 256;

// Of a schema that bounded_schema() wrote. Alternatives that can begin alike are read side by side, each with all that
// is within it; objects whose first required property is another constant each are told apart by it. kTooLarge: over
// kMostReadings, or more with each level of a schema that is within itself.
[[nodiscard]] Status check_ambiguity(const nlohmann::ordered_json& schema);

}  // namespace minions::llama
