// The part of the command line that says what senders may hold.
#pragma once

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "gateway/settings.h"

namespace minions::minionsd {

void declare_limits(CLI::App& app, gateway::Settings& settings);
// After parsing. What was not given grows with what was: one request of --max-request must fit every limit. kUsage: a
// limit that was given and is below it.
[[nodiscard]] Status check_limits(const CLI::App& app, gateway::Settings& settings);

}  // namespace minions::minionsd
