// A model that answers chat requests, wherever it runs: over HTTP, in this process, or behind a sealed session.
#pragma once

#include <stop_token>

#include "chat/message.h"
#include "chat/token_sink.h"
#include "net/task.h"

namespace minions::runs {

class ModelClient {
 public:
  virtual ~ModelClient() = default;
  // Ends when the answer is complete; its text is everything the sink received, joined, without a train of thought that
  // was not marked as one (Completion::began_with_thought). kCancelled if the sink or the
  // token requests a stop, which the token does on the thread of the task. What is referred to outlives the task.
  // Several may run at a time.
  [[nodiscard]] virtual net::Task<Result<chat::Completion>> complete(const chat::ChatRequest& request,
                                                                     chat::TokenSink& sink, std::stop_token stop) = 0;
  // What its server does not take of requests, a line each, as far as it is known.
  [[nodiscard]] virtual const std::vector<std::string>& notes() const {
    static const std::vector<std::string> none;
    return none;
  }
};

}  // namespace minions::runs
