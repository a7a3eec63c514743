// A streamed completion as a model's server sends it: events cut anywhere, each payload decoded, and the whole input as
// a reply that was not streamed.
#include "base/encoding.h"
#include "base/text.h"
#include "chat/delta.h"
#include "chat/sse.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

struct Event {
  std::string name;
  std::string data;

  friend bool operator==(const Event&, const Event&) = default;
};
struct Events {
  std::vector<Event> events;
  std::optional<ErrorCode> refusal;
  bool between_events = false;

  friend bool operator==(const Events&, const Events&) = default;
};

Events read(std::string_view stream, std::size_t limit, Cuts cuts) {
  chat::SseParser parser(limit);
  Events read;
  while (!stream.empty()) {
    // A copy of just that size: what the parser keeps must be its own.
    const std::string piece(stream.substr(0, cuts.next(stream.size())));
    stream.remove_prefix(piece.size());
    std::string_view left = piece;
    for (;;) {
      const std::size_t before = left.size();
      const auto event = parser.next(left);
      if (!event) {
        read.refusal = event.error().code;
        return read;
      }
      require(left.size() <= before, "a parser takes from the front");
      if (!*event) break;
      require(left.size() < before, "every event takes something");
      require((*event)->name.size() + (*event)->data.size() <= limit, "no event is over the limit");
      read.events.push_back({std::string((*event)->name), std::string((*event)->data)});
    }
    require(left.empty(), "a parser takes all that it is given");
  }
  read.between_events = parser.between_events();
  return read;
}

bool same(const chat::Delta& a, const chat::Delta& b) {
  const bool same_error = a.error.has_value() == b.error.has_value() &&
                          (!a.error || (a.error->message == b.error->message && a.error->type == b.error->type &&
                                        a.error->code == b.error->code));
  return a.text == b.text && a.finish_reason == b.finish_reason && a.usage == b.usage && a.done == b.done && same_error;
}

void check_printable(const Error& error) {
  require(is_utf8(error.detail), "an error is UTF-8");
  require(std::none_of(error.detail.begin(), error.detail.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }),
          "a model's server sends no control character to the screen");
}

class Collector final : public chat::TokenSink {
 public:
  bool token(std::string_view piece) override {
    require(!piece.empty(), "a token says something");
    text += piece;
    return true;
  }
  bool reasoning(std::string_view piece) override {
    require(!piece.empty(), "a thought says something");
    thoughts += piece;
    return true;
  }
  std::string text;
  std::string thoughts;
};

bool is_passed_over(const Event& event) { return !event.name.empty() && event.name != "message"; }

// One decoder for all events, one for each, and the joined completion: they agree.
void check_completion(const std::vector<Event>& events) {
  chat::DeltaDecoder reused;
  chat::StreamedCompletion joined;
  Collector sink;
  std::string text;
  std::string thoughts;
  for (const Event& event : events) {
    chat::DeltaDecoder fresh;
    const auto delta = reused.decode(event.data);
    const auto alone = fresh.decode(event.data);
    require(delta.has_value() == alone.has_value() && (!delta || same(*delta, *alone)),
            "an event says the same after others");
    const bool counts = !joined.done() && !trimmed(event.data).empty();
    const Status taken = joined.take({event.name, event.data}, sink);
    if (!counts) {
      require(taken.has_value(), "what does not count breaks nothing");
      continue;
    }
    // Each of its lines may be an event.
    if (!delta && event.data.find('\n') != std::string::npos) return;
    const bool fails = event.name == "error" || (delta ? delta->error.has_value() : !is_passed_over(event));
    require(taken.has_value() == !fails, "a stream goes on until an event that is an error");
    if (!taken) return check_printable(taken.error());
    if (!delta) continue;
    require(is_utf8(delta->text) && is_utf8(delta->reasoning) && is_utf8(delta->refusal), "text of a model is UTF-8");
    text += delta->text;
    thoughts += delta->reasoning;
  }
  const auto completion = std::move(joined).finish(sink);
  if (!completion) return;
  require(completion->text.reveal() == sink.text && completion->reasoning.reveal() == sink.thoughts,
          "the sink has all that the completion has");
  // Blanks at the end may be those behind a thought.
  if (trimmed(text).starts_with("<think>")) return;
  require(sink.text == text && sink.thoughts == thoughts, "and that is what all events have");
}

}  // namespace
}  // namespace minions::fuzz

// First byte: the cuts. Second: odd ones for a limit of that many bytes an event. Then the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  ByteView input(data, size);
  const fuzz::Cuts cuts(fuzz::take_byte(input));
  const std::uint8_t choice = fuzz::take_byte(input);
  const std::size_t limit = (choice & 1) != 0 ? choice : 1024 * 1024;
  const std::string_view stream = as_text(input);
  const auto whole = fuzz::read(stream, limit, fuzz::Cuts::none());
  fuzz::require(fuzz::read(stream, limit, cuts) == whole, "a stream says the same however it is cut");
  fuzz::check_completion(whole.events);

  fuzz::Collector sink;
  const auto reply = chat::decode_reply(stream, sink);
  if (!reply) {
    fuzz::check_printable(reply.error());
  } else {
    fuzz::require(is_utf8(reply->text.reveal()), "text of a model is UTF-8");
  }
  static_cast<void>(chat::parse_usage(stream));
  return 0;
}
