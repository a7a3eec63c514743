#include "answer_screen.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "report.h"
#include "terminal.h"

namespace minions::app {

AnswerScreen::AnswerScreen(Thoughts thoughts, Pieces pieces, Interrupt& interrupt)
    : thoughts_(thoughts), pieces_(pieces), interrupt_(interrupt) {}

void AnswerScreen::watch(AskOptions& options) {
  if (thoughts_ == Thoughts::kShown) options.on_reasoning = [this](std::string_view piece) { thought(piece); };
  options.on_waiting = [this](std::chrono::seconds since) { wait(since); };
  // In JSON it is among the notes.
  if (pieces_ == Pieces::kAsText) options.on_note = [](std::string_view note) { warn(std::string(note)); };
}

// An answer that is begun stands on the same line where both outputs are the terminal.
void AnswerScreen::wait(std::chrono::seconds since) {
  const bool shares_line = thinks_ || (!ends_line_ && ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1);
  waiting_.at("waiting", since, shares_line ? WaitingLine::Place::kBehindText : WaitingLine::Place::kOwnLine);
}

void AnswerScreen::token(std::string_view piece) {
  waiting_.clear();
  end_thought();
  switch (pieces_) {
    case Pieces::kAsText:
      if (!piece.empty()) ends_line_ = piece.back() == '\n';
      write_out(piece);
      if (!flush_out()) interrupt_.stop();
      break;
    case Pieces::kAsJsonLines:
      if (!print_line({{"type", "token"}, {"text", piece}})) interrupt_.stop();
      break;
    case Pieces::kHidden: break;
  }
}

void AnswerScreen::thought(std::string_view piece) {
  waiting_.clear();
  if (!thinks_) dim_err(Dimmed::kOn);
  thinks_ = true;
  write_err(piece);
  std::fflush(stderr);
}

void AnswerScreen::end_thought() {
  if (!std::exchange(thinks_, false)) return;
  dim_err(Dimmed::kOff);
  write_err("\n");
}

void AnswerScreen::end() {
  waiting_.clear();
  end_thought();
  if (!ends_line_) write_out("\n");
  ends_line_ = true;
}

}  // namespace minions::app
