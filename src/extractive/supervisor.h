// How the extractive engine acts where it is asked as the supervisor of the Minion protocol: it passes the task's
// question to the worker and answers from the worker's reply. It knows its turn by the shape that is asked for.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "extractive/request.h"

namespace minions::extractive {

// {"reasoning"?, "message"} first; then {"decision", "answer" or "message"}. Nothing if the request is no supervisor's
// turn. `schema` is null where the shape is told in the text only.
[[nodiscard]] std::optional<nlohmann::json> supervisor_turn(const ExtractiveRequest& request,
                                                            const nlohmann::json& schema);

}  // namespace minions::extractive
