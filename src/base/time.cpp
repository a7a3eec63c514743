#include "base/time.h"

#include <fmt/chrono.h>

#include <ctime>

namespace minions {

std::string to_iso8601(UnixSeconds time) {
  const auto seconds = static_cast<std::time_t>(time);
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return std::to_string(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc);
}

}  // namespace minions
