// What a model is doing while nothing else can be shown, such as `waiting, 75 s`: on the last line of a terminal,
// redrawn in place, or behind the text that stands there. If standard error is not a terminal, a line a minute.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace minions::app {

class WaitingLine {
 public:
  WaitingLine();
  ~WaitingLine() { clear(); }
  WaitingLine(const WaitingLine&) = delete;
  WaitingLine& operator=(const WaitingLine&) = delete;

  enum class Place { kOwnLine, kBehindText };
  void at(std::string_view what, std::chrono::seconds since, Place place = Place::kOwnLine);
  // Removes the line, for what is printed next.
  void clear();

 private:
  bool terminal_;
  std::optional<Place> shown_;
  std::chrono::minutes last_line_{0};
};

}  // namespace minions::app
