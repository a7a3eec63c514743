// Receives an answer as it arrives.
#pragma once

#include <string_view>

namespace minions::chat {

class TokenSink {
 public:
  virtual ~TokenSink() = default;
  // The next piece of the answer, in order. False asks the model to stop.
  virtual bool token(std::string_view piece) = 0;
  // The next piece of the train of thought before it. Likewise.
  virtual bool reasoning(std::string_view piece) {
    static_cast<void>(piece);
    return true;
  }
  // The server says, authenticated, that it waits for the model.
  virtual void waiting() {}
};

}  // namespace minions::chat
