#include "chat/completion_reader.h"

#include "base/text.h"

namespace minions::chat {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

Status StreamReader::take(std::string_view piece, TokenSink& sink) {
  if (form_ == Form::kObject) {
    held_.append(piece);
    return held_.size() <= kMaxEventBytes ? Status() : fail(ErrorCode::kBackend, "the model's reply is over 64 MiB");
  }
  if (form_ == Form::kUnknown) {
    while (mark_bytes_ < kByteOrderMark.size() && !piece.empty() && piece.front() == kByteOrderMark[mark_bytes_]) {
      ++mark_bytes_;
      piece.remove_prefix(1);
    }
    const std::size_t begin = piece.find_first_not_of(kWhiteSpace);
    if (begin == std::string_view::npos) return {};
    piece.remove_prefix(begin);
    form_ = piece.front() == '{' ? Form::kObject : Form::kEvents;
    if (form_ == Form::kObject) {
      held_.append(piece);
      return {};
    }
  }
  while (!piece.empty()) {
    MINIONS_TRY_ASSIGN(const std::optional<SseEvent> event, parser_.next(piece));
    if (!event) break;
    MINIONS_TRY(completion_.take(*event, sink));
  }
  return {};
}

Result<Completion> StreamReader::finish(TokenSink& sink) && {
  if (form_ == Form::kObject) return decode_reply(held_.reveal(), sink);
  // The last event may lack the blank line behind it.
  if (form_ == Form::kEvents) {
    std::string_view end = "\n\n";
    MINIONS_TRY_ASSIGN(const std::optional<SseEvent> event, parser_.next(end));
    const Status taken = event ? completion_.take(*event, sink) : Status();
    if (!taken && taken.error().code == ErrorCode::kMalformed)
      return fail(ErrorCode::kTruncated, "the stream ended inside an event");
    MINIONS_TRY(taken);
  }
  return std::move(completion_).finish(sink);
}

Result<Completion> read_completion(std::string_view body, bool streamed, TokenSink& sink) {
  if (!streamed) return decode_reply(body, sink);
  StreamReader reader;
  MINIONS_TRY(reader.take(body, sink));
  return std::move(reader).finish(sink);
}

}  // namespace minions::chat
