// Decodes what an OpenAI-compatible backend sends: the payload of each SSE `data:` line of a streamed completion, and a
// whole reply. Reads no sockets and splits no lines. Takes the first choice, and passes over what it does not know:
// servers differ. Ill-formed UTF-8 and half surrogate pairs become U+FFFD.
#pragma once

#include <memory>

#include "chat/api_error.h"
#include "chat/completion_builder.h"
#include "chat/sse.h"

namespace minions::chat {

struct Delta {
  std::string_view text;  // may be empty: the first event has only the role
  std::string_view reasoning;
  std::string_view refusal;
  bool asks_for_tool = false;
  std::optional<FinishReason> finish_reason;
  std::optional<Usage> usage;  // nothing, too, where it is no usage: a receipt has what the server signs
  std::optional<ApiError> error;
  bool has_choices = false;  // it is a completion, or a part of one
  bool done = false;         // the payload was [DONE]
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

// A reply that is one JSON object, with or without a byte order mark. An error in it is kBackend.
[[nodiscard]] Result<Completion> decode_reply(std::string_view body, TokenSink& sink);

// Joins the events of one stream.
class StreamedCompletion {
 public:
  // Text goes to the sink at once. kCancelled if the sink requests a stop; kBackend if the event is an error. Passes
  // over events of other kinds, pings among them, and what comes after [DONE].
  [[nodiscard]] Status take(const SseEvent& event, TokenSink& sink);
  // True after [DONE].
  [[nodiscard]] bool done() const { return done_; }
  // kTruncated if neither a finish reason nor [DONE] came; kBackend if nothing came.
  [[nodiscard]] Result<Completion> finish(TokenSink& sink) &&;

 private:
  [[nodiscard]] Status take_lines(std::string_view lines, TokenSink& sink);

  DeltaDecoder decoder_;
  CompletionBuilder builder_;
  bool begun_ = false;
  bool has_choices_ = false;
  bool done_ = false;
};

}  // namespace minions::chat
