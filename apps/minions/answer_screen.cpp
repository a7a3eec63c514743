#include "answer_screen.h"

#include <nlohmann/json.hpp>

#include "report.h"
#include "terminal.h"

namespace minions::app {

AnswerScreen::AnswerScreen(Thoughts thoughts, Pieces pieces, Interrupt& interrupt)
    : thoughts_(thoughts), pieces_(pieces), interrupt_(interrupt) {}

void AnswerScreen::watch(AskOptions& options) {
  if (thoughts_ == Thoughts::kShown) options.on_reasoning = [this](std::string_view piece) { thought(piece); };
  options.on_waiting = [this](std::chrono::seconds since) {
    if (!thinks_ && ends_line_) waiting_.at("waiting", since);
  };
  // In JSON it is among the notes.
  if (pieces_ == Pieces::kAsText) options.on_note = [](std::string_view note) { warn(std::string(note)); };
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
