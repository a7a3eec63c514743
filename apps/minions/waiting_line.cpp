#include "waiting_line.h"

#include <unistd.h>

#include "terminal.h"

namespace minions::app {

WaitingLine::WaitingLine() : terminal_(::isatty(STDERR_FILENO) == 1) {}

void WaitingLine::at(std::string_view what, std::chrono::seconds since) {
  const std::string line = fmt::format("{}, {} s", what, since.count());
  if (terminal_) {
    show_status(line);
    shown_ = true;
    return;
  }
  const auto minute = std::chrono::duration_cast<std::chrono::minutes>(since);
  if (minute < last_line_) last_line_ = {};  // a new wait
  if (minute == last_line_) return;
  last_line_ = minute;
  print_err("minions: {}\n", line_for_terminal(line));
}

void WaitingLine::clear() {
  if (shown_) clear_status();
  shown_ = false;
}

}  // namespace minions::app
