// The system's clock. For programs, and for code that passes the time to what decides about trust, which reads no
// clock.
#pragma once

#include "base/time.h"

namespace minions {

[[nodiscard]] inline UnixSeconds system_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace minions
