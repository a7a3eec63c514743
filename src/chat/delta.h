// Decodes what an OpenAI-compatible backend sends: the payload of each SSE `data:` line of a streamed completion, and a
// whole reply. Reads no sockets and splits no lines. Takes the first choice and ignores unknown fields.
#pragma once

#include <memory>

#include "base/result.h"
#include "chat/message.h"
#include "chat/token_sink.h"

namespace minions::chat {

// {"error":{"message","type","param","code"}}. The views live as long as those of the Delta they came in.
struct ApiError {
  std::string_view message;
  std::string_view type;
  std::string_view code;
};
// kBackend, with type, code and at most 300 bytes of the message.
[[nodiscard]] Error to_error(const ApiError& error);

struct Delta {
  std::string_view text;  // may be empty: the first event has only the role
  std::optional<FinishReason> finish_reason;
  std::optional<Usage> usage;
  std::optional<ApiError> error;
  bool done = false;  // the payload was [DONE]
};

// Keeps its buffers from one event to the next, because an event costs about as much as an allocation.
class DeltaDecoder {
 public:
  DeltaDecoder();
  ~DeltaDecoder();
  DeltaDecoder(DeltaDecoder&&) noexcept;
  DeltaDecoder& operator=(DeltaDecoder&&) noexcept;

  // What follows `data: ` in one event. The views in the Delta are valid until the next call.
  [[nodiscard]] Result<Delta> decode(std::string_view payload);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

// A reply with stream false. An {"error"} body is kBackend.
[[nodiscard]] Result<Completion> decode_reply(std::string_view body);

// Joins the events of one stream.
class StreamedCompletion {
 public:
  // Text goes to the sink at once. kCancelled if the sink requests a stop; kBackend if the event is an error.
  [[nodiscard]] Status take(std::string_view payload, TokenSink& sink);
  // True after [DONE].
  [[nodiscard]] bool done() const { return done_; }
  // kTruncated if neither a finish reason nor [DONE] came.
  [[nodiscard]] Result<Completion> finish() &&;

 private:
  DeltaDecoder decoder_;
  Completion completion_;
  bool done_ = false;
};

}  // namespace minions::chat
