#include "chat/completion_builder.h"

#include "base/text.h"

namespace minions::chat {
namespace {

constexpr std::string_view kOpen = "<think>";
constexpr std::string_view kClose = "</think>";
constexpr std::size_t kMostBlanks = 1024;  // before a tag; more are the answer's

tl::unexpected<Error> stopped() { return fail(ErrorCode::kCancelled, "the reader of the answer asked to stop"); }

// Whether places are behind an opening fence of code, as Markdown has it. Asked in their order: one pass over the text.
class CodeFences {
 public:
  explicit CodeFences(std::string_view text) : text_(text), next_(text.find(kFence)) {}
  [[nodiscard]] bool is_inside(std::size_t at) {
    for (; next_ < at; next_ = text_.find(kFence, next_ + kFence.size())) inside_ = !inside_;
    return inside_;
  }

 private:
  static constexpr std::string_view kFence = "```";
  std::string_view text_;
  std::size_t next_;
  bool inside_ = false;
};

// The bytes at the end of the text that may be the beginning of the tag.
std::size_t partial_at_end(std::string_view text, std::string_view tag) {
  for (std::size_t size = std::min(text.size(), tag.size() - 1); size > 0; --size) {
    if (text.ends_with(tag.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

Status CompletionBuilder::give(std::string_view piece, TokenSink& sink) {
  if (piece.empty()) return {};
  completion_.text.append(piece);
  return sink.token(piece) ? Status() : stopped();
}

Status CompletionBuilder::reasoning(std::string_view piece, TokenSink& sink) {
  if (piece.empty()) return {};
  completion_.reasoning.append(piece);
  return sink.reasoning(piece) ? Status() : stopped();
}

Status CompletionBuilder::text(std::string_view piece, TokenSink& sink) {
  if (state_ == State::kAnswer) return give(piece, sink);
  if (state_ == State::kThought) {
    const std::size_t begin = piece.find_first_not_of(kWhiteSpace);
    if (begin == std::string_view::npos) return {};
    state_ = State::kAnswer;
    return give(piece.substr(begin), sink);
  }
  held_.append(piece);
  if (state_ == State::kBeginning) MINIONS_TRY(begin(sink));
  return state_ == State::kThinking ? think(sink) : Status();
}

Status CompletionBuilder::begin(TokenSink& sink) {
  const Text held = std::exchange(held_, {});
  const std::string_view text = held.reveal();
  const std::size_t blanks = std::min(text.find_first_not_of(kWhiteSpace), text.size());
  const std::string_view rest = text.substr(blanks);
  if (rest.starts_with(kOpen)) {
    state_ = State::kThinking;
    held_.append(rest.substr(kOpen.size()));
  } else if (kOpen.starts_with(rest) && text.size() < kMostBlanks) {
    held_.append(text);
  } else {
    state_ = State::kAnswer;
    return give(text, sink);
  }
  return {};
}

Status CompletionBuilder::think(TokenSink& sink) {
  const Text held = std::exchange(held_, {});
  const std::string_view text = held.reveal();
  const std::size_t close = text.find(kClose);
  if (close == std::string_view::npos) {
    const std::size_t kept = partial_at_end(text, kClose);
    held_.append(text.substr(text.size() - kept));
    return reasoning(text.substr(0, text.size() - kept), sink);
  }
  state_ = State::kThought;
  MINIONS_TRY(reasoning(text.substr(0, close), sink));
  return this->text(text.substr(close + kClose.size()), sink);
}

Result<Completion> CompletionBuilder::finish(TokenSink& sink) && {
  const Text held = std::exchange(held_, {});
  MINIONS_TRY(state_ == State::kThinking ? reasoning(held.reveal(), sink) : give(held.reveal(), sink));
  split_unmarked_thought();
  return std::move(completion_);
}

// A closing tag at the end of a line. One inside a line is the answer's, which may be about such tags.
void CompletionBuilder::split_unmarked_thought() {
  if (!completion_.reasoning.empty()) return;
  const std::string_view text = completion_.text.reveal();
  CodeFences code(text);
  std::size_t close = text.find(kClose);
  while (close != std::string_view::npos) {
    const std::string_view behind = text.substr(close + kClose.size());
    const char before = close == 0 ? '\n' : text[close - 1];
    const bool ends_line = behind.empty() || behind.front() == '\n' || behind.front() == '\r';
    if (ends_line && before != '`' && before != '"' && !code.is_inside(close)) break;
    close = text.find(kClose, close + 1);
  }
  if (close == std::string_view::npos || text.substr(0, close).find(kOpen) != std::string_view::npos) return;
  Text answer(std::string(trimmed(text.substr(close + kClose.size()))));
  completion_.reasoning = Text(std::string(text.substr(0, close)));
  completion_.text = std::move(answer);
  completion_.began_with_thought = true;
}

}  // namespace minions::chat
