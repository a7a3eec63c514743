// A span of time that somebody states, compared with our own clock: whether it holds, and both times in words.
#pragma once

#include "base/time.h"

namespace minions {

// How far the clocks may differ, in seconds: before the span, and after it.
struct ClockLeeway {
  std::int64_t early_s = 0;
  std::int64_t late_s = 0;
};

struct TimeWindow {
  UnixSeconds from = 0;
  UnixSeconds until = 0;  // the first second after it

  [[nodiscard]] bool holds_at(UnixSeconds now, const ClockLeeway& leeway = {}) const {
    return now >= from - leeway.early_s && now < until + leeway.late_s;
  }
  // "2026-03-01T00:00:00Z to 2026-03-01T08:00:00Z, our clock says 2026-02-28T23:58:00Z, 120 s too early"
  [[nodiscard]] std::string against(UnixSeconds now) const;
};

}  // namespace minions
