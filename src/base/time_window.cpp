#include "base/time_window.h"

#include <fmt/format.h>

namespace minions {

std::string TimeWindow::against(UnixSeconds now) const {
  std::string text = fmt::format("{} to {}, our clock says {}", to_iso8601(from), to_iso8601(until), to_iso8601(now));
  if (now < from) text += fmt::format(", {} s too early", from - now);
  if (now >= until) text += fmt::format(", {} s too late", now - until);
  return text;
}

}  // namespace minions
