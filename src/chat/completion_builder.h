// Collects an answer piece by piece and passes the pieces on. Keeps the train of thought apart, also where a model
// writes it into its answer: from <think> at the beginning to </think>. Some templates write the opening tag
// themselves, and only the closing one comes: that is seen at the end, when the pieces have been passed on.
#pragma once

#include "base/result.h"
#include "chat/message.h"
#include "chat/token_sink.h"

namespace minions::chat {

class CompletionBuilder {
 public:
  // The next piece of the answer. kCancelled if the sink requests a stop.
  [[nodiscard]] Status text(std::string_view piece, TokenSink& sink);
  // The next piece of a train of thought that the server keeps apart itself. Likewise.
  [[nodiscard]] Status reasoning(std::string_view piece, TokenSink& sink);
  // Everything else about the answer.
  [[nodiscard]] Completion& facts() { return completion_; }
  // What was held back, and the answer.
  [[nodiscard]] Result<Completion> finish(TokenSink& sink) &&;

 private:
  enum class State {
    kBeginning,  // nothing but blanks and a part of the tag; held back
    kThinking,   // holds back a part of the closing tag
    kThought,    // after it: blanks are left out
    kAnswer,
  };
  [[nodiscard]] Status give(std::string_view piece, TokenSink& sink);
  [[nodiscard]] Status begin(TokenSink& sink);
  [[nodiscard]] Status think(TokenSink& sink);
  void split_unmarked_thought();

  Completion completion_;
  State state_ = State::kBeginning;
  Text held_;
};

}  // namespace minions::chat
