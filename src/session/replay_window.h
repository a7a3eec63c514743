// Which stream ids of a session were used: each once, in a window of 1,024 below the highest (docs/protocol.md section
// 5).
#pragma once

#include <bitset>
#include <optional>

#include "base/result.h"
#include "session/key_schedule.h"

namespace minions::session {

inline constexpr StreamId kWindowSize = 1024;

class ReplayWindow {
 public:
  // kMalformed for an id of 2^63 or more; kReplayed for one that was marked or is below the window.
  [[nodiscard]] Status check(StreamId n) const;
  // check() and, if it passes, marks n.
  [[nodiscard]] Status mark(StreamId n);

 private:
  std::optional<StreamId> top_;
  std::bitset<kWindowSize> marked_;  // bit n mod 1,024, for n in (top - 1,024, top]
};

}  // namespace minions::session
