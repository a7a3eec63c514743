#include "progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "terminal.h"

namespace minions::app {
namespace {

constexpr auto kQuiet = std::chrono::seconds(1);
constexpr auto kRedrawn = std::chrono::milliseconds(100);
constexpr std::size_t kWidth = 20;

std::string duration(double seconds) {
  const auto whole = static_cast<long>(std::ceil(seconds));
  return whole < 120 ? fmt::format("{} s", whole) : fmt::format("{} min", (whole + 59) / 60);
}

}  // namespace

std::string progress_line(const std::string& verb, std::size_t done, std::size_t total, double elapsed_s) {
  const std::size_t filled = total == 0 ? 0 : std::min(kWidth, done * kWidth / total);
  std::string line =
      fmt::format("{} [{}{}] {} of {}", verb, std::string(filled, '#'), std::string(kWidth - filled, '.'), done, total);
  if (done > 0 && done < total)
    line +=
        fmt::format(", {} left", duration(elapsed_s / static_cast<double>(done) * static_cast<double>(total - done)));
  return line;
}

ProgressBar::ProgressBar(std::string verb) : verb_(std::move(verb)), terminal_(::isatty(STDERR_FILENO) == 1) {}

void ProgressBar::at(std::size_t done, std::size_t total) {
  const auto now = Clock::now();
  if (!terminal_ || now - start_ < kQuiet || now - drawn_ < kRedrawn) return;
  drawn_ = now;
  shown_ = true;
  const double elapsed_s = std::chrono::duration<double>(now - start_).count();
  show_status(progress_line(verb_, done, total, elapsed_s));
}

void ProgressBar::clear() {
  if (!shown_) return;
  clear_status();
  shown_ = false;
}

}  // namespace minions::app
