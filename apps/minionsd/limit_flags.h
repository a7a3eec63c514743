// The part of the command line with the limits on senders.
#pragma once

#include "base/result.h"
#include "gateway/settings.h"

namespace CLI {
class App;
}  // namespace CLI

namespace minions::minionsd {

void declare_limits(CLI::App& app, gateway::Settings& settings);
// Call after parsing. Limits that were not given follow those that were: one request of --max-request must fit every
// limit, and the sessions of one sender leave half of --max-sessions. kUsage: a given limit is below one request.
[[nodiscard]] Status check_limits(const CLI::App& app, gateway::Settings& settings);
// The limits of one sender under which it could hold everything, or more than it gets, one sentence each.
// request_places: of an engine in this process.
[[nodiscard]] std::vector<std::string> limits_without_effect(const gateway::Settings& settings,
                                                             std::optional<std::size_t> request_places);

}  // namespace minions::minionsd
