// The completion in the body of a reply: one reader for the client that asks and for the check that verifies the
// answer.
#pragma once

#include "chat/delta.h"
#include "chat/message.h"
#include "chat/sse.h"

namespace minions::chat {

// Of a streamed reply with status 200, as it arrives.
class StreamReader {
 public:
  // The next piece of the body. Errors are the model server's.
  [[nodiscard]] Status take(std::string_view piece, TokenSink& sink);
  [[nodiscard]] Result<Completion> finish() && { return std::move(completion_).finish(); }

 private:
  SseParser parser_;
  StreamedCompletion completion_;
};

// Of a complete body with status 200. streamed: as the request asked.
[[nodiscard]] Result<Completion> read_completion(std::string_view body, bool streamed, TokenSink& sink);

}  // namespace minions::chat
