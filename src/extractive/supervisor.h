// How the extractive engine acts as the supervisor of the Minion protocol: it passes the task's question to the worker
// and answers from the worker's reply. It recognises its turn by the requested shape.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "extractive/request.h"

namespace minions::extractive {

// {"reasoning"?, "message"} first; then {"decision", "answer" or "message"}. Nothing if the request is not a
// supervisor's turn. `schema` is null if only the text describes the shape.
[[nodiscard]] std::optional<nlohmann::json> supervisor_turn(const ExtractiveRequest& request,
                                                            const nlohmann::json& schema);

}  // namespace minions::extractive
