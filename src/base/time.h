// Time as the protocol uses it: Unix seconds, passed in. Nothing below the net folder reads a clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace minions {

using UnixSeconds = std::int64_t;
// Monotonic, for idle limits and deadlines.
using SteadyTime = std::chrono::steady_clock::time_point;

// 2026-09-21T14:13:20Z
[[nodiscard]] std::string to_iso8601(UnixSeconds time);

}  // namespace minions
