// The progress of long work, with the remaining time, on the last line of a terminal. Shows nothing if standard error
// is not a terminal, or if the work is done within a second.
#pragma once

#include <chrono>
#include <string>

namespace minions::app {

class ProgressBar {
 public:
  explicit ProgressBar(std::string verb);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Calls come one at a time.
  void at(std::size_t done, std::size_t total);
  // Removes the line, for what is printed next.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  std::string verb_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_{};
};

// `reading [########............] 40 of 100, 12 s left`
[[nodiscard]] std::string progress_line(const std::string& verb, std::size_t done, std::size_t total, double elapsed_s);

}  // namespace minions::app
