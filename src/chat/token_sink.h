// Receives an answer as it arrives.
#pragma once

#include <string_view>

namespace minions::chat {

class TokenSink {
 public:
  virtual ~TokenSink() = default;
  // The next piece of the answer, in order. False asks the model to stop.
  virtual bool token(std::string_view piece) = 0;
};

}  // namespace minions::chat
