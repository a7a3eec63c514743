// The completion in the body of a reply: one reader for the client that asks and for the check that verifies the
// answer.
#pragma once

#include "chat/delta.h"
#include "chat/message.h"
#include "chat/sse.h"

namespace minions::chat {

// Of a reply with status 200 to a request for a stream, as it arrives. A server may answer with one object all the
// same: events never begin with a brace.
class StreamReader {
 public:
  // The next piece of the body. Errors are the model server's: kBackend, kMalformed.
  [[nodiscard]] Status take(std::string_view piece, TokenSink& sink);
  [[nodiscard]] Result<Completion> finish(TokenSink& sink) &&;

 private:
  enum class Form { kUnknown, kEvents, kObject };
  SseParser parser_;
  StreamedCompletion completion_;
  Form form_ = Form::kUnknown;
  std::size_t mark_bytes_ = 0;  // of a byte order mark, which were passed over
  Text held_;                   // of an object
};

// Of a complete body with status 200. streamed: as the request asked.
[[nodiscard]] Result<Completion> read_completion(std::string_view body, bool streamed, TokenSink& sink);

}  // namespace minions::chat
