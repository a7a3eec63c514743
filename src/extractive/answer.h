// The answers of the extractive engine: quotes with their places, and the two turns of a supervisor in the Minion
// protocol. Deterministic: the same request has the same answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "extractive/request.h"

namespace minions::extractive {

// First line of each answer in plain text.
inline constexpr std::string_view kExtractiveBanner = "(extractive engine: quotes, no neural model)";
inline constexpr std::string_view kNothingToQuote =
    "There is no text to quote from: no document came with the question.";
inline constexpr std::string_view kNothingMatches = "No sentence of the given text has a word of the question.";

// The text of the answer, in the shape that the request asks for. `go_on` is called occasionally; once it returns
// false, the answer is worthless.
[[nodiscard]] std::string extractive_answer(const ExtractiveRequest& request, const std::function<bool()>& go_on);

}  // namespace minions::extractive
