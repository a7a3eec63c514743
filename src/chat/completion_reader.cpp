#include "chat/completion_reader.h"

namespace minions::chat {

Status StreamReader::take(std::string_view piece, TokenSink& sink) {
  while (!piece.empty()) {
    MINIONS_TRY_ASSIGN(const std::optional<SseEvent> event, parser_.next(piece));
    if (!event) break;
    MINIONS_TRY(completion_.take(event->data, sink));
  }
  return {};
}

Result<Completion> read_completion(std::string_view body, bool streamed, TokenSink& sink) {
  if (!streamed) return decode_reply(body);
  StreamReader reader;
  MINIONS_TRY(reader.take(body, sink));
  return std::move(reader).finish();
}

}  // namespace minions::chat
