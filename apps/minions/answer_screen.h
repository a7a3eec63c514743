// Shows an answer as it arrives: the answer on standard output; the train of thought, if it is asked for, and signs of
// waiting on standard error.
#pragma once

#include "interrupt.h"
#include "minions/minions.hpp"
#include "waiting_line.h"

namespace minions::app {

enum class Thoughts { kHidden, kShown };
enum class Pieces { kAsText, kAsJsonLines, kHidden };

class AnswerScreen {
 public:
  // A reader of standard output that leaves stops the call.
  AnswerScreen(Thoughts thoughts, Pieces pieces, Interrupt& interrupt);

  // The options with this informed of thoughts, waits and notes. This outlives the call.
  void watch(AskOptions& options);
  void token(std::string_view piece);
  // After the call: ends the lines that are begun.
  void end();

 private:
  void wait(std::chrono::seconds since);
  void thought(std::string_view piece);
  void end_thought();

  const Thoughts thoughts_;
  const Pieces pieces_;
  Interrupt& interrupt_;
  WaitingLine waiting_;

  bool thinks_ = false;  // a thought is on the screen, without its end
  bool ends_line_ = true;
};

}  // namespace minions::app
