// A model that answers chat requests, wherever it is: over HTTP, in process, or behind a sealed session.
#pragma once

#include "base/result.h"
#include "chat/message.h"

namespace minions::chat {

class TokenSink {
 public:
  virtual ~TokenSink() = default;
  // The next piece of the answer, in order. False asks the model to stop.
  virtual bool token(std::string_view piece) = 0;
};

class ModelClient {
 public:
  virtual ~ModelClient() = default;
  // Returns when the answer is complete; its text is what the sink was given, joined. A sink that says stop
  // makes this kCancelled.
  [[nodiscard]] virtual Result<Completion> complete(const ChatRequest& request, TokenSink& sink) = 0;
};

}  // namespace minions::chat
