// What a model's server does not take of requests, learned from its refusals: it is asked again without. Parts whose
// absence would change the answer unseen are not among them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "chat/message.h"

namespace minions::chat {

class Concessions {
 public:
  // The request as this server takes it.
  [[nodiscard]] ChatRequest applied_to(const ChatRequest& request) const;
  // False: the error names no part of this request, or one that was left out already.
  [[nodiscard]] bool learn(const Error& refusal, const ChatRequest& request);
  // Notes something else that this server does not take; once.
  void note(std::string text);
  // What users must know of it, a line each.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  bool no_stream_options_ = false;
  bool no_system_role_ = false;
  bool no_response_format_ = false;
  std::vector<std::string> notes_;
};

}  // namespace minions::chat
