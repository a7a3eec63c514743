// The part of the command line that says what senders may hold.
#pragma once

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "gateway/settings.h"

namespace minions::minionsd {

void declare_limits(CLI::App& app, gateway::Settings& settings);
// After parsing. What was not given follows what was: one request of --max-request must fit every limit, and the
// sessions of one sender leave half of --max-sessions. kUsage: a limit that was given and is below a request.
[[nodiscard]] Status check_limits(const CLI::App& app, gateway::Settings& settings);
// The limits of one sender under which it could hold all that is there, or more than it gets, a sentence for each.
// request_places: of an engine in this process.
[[nodiscard]] std::vector<std::string> limits_without_effect(const gateway::Settings& settings,
                                                             std::optional<std::size_t> request_places);

}  // namespace minions::minionsd
