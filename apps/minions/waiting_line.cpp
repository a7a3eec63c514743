#include "waiting_line.h"

#include <unistd.h>

#include "terminal.h"

namespace minions::app {

WaitingLine::WaitingLine() : terminal_(::isatty(STDERR_FILENO) == 1) {}

void WaitingLine::at(std::string_view what, std::chrono::seconds since, Place place) {
  const std::string line = fmt::format("{}, {} s", what, since.count());
  if (terminal_) {
    if (place == Place::kOwnLine) {
      show_status(line);
    } else {
      show_status_behind(line);
    }
    shown_ = place;
    return;
  }
  const auto minute = std::chrono::duration_cast<std::chrono::minutes>(since);
  if (minute < last_line_) last_line_ = {};  // a new wait
  if (minute == last_line_) return;
  last_line_ = minute;
  print_err("{}minions: {}\n", place == Place::kBehindText ? "\n" : "", line_for_terminal(line));
}

void WaitingLine::clear() {
  if (shown_ == Place::kOwnLine) clear_status();
  if (shown_ == Place::kBehindText) clear_status_behind();
  shown_.reset();
}

}  // namespace minions::app
