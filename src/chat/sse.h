// Server-sent events (WHATWG HTML section 9.2), parsed as the bytes arrive, split anywhere. No sockets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace minions::chat {

struct SseEvent {
  std::string_view name;  // empty if the server gave none, which means "message"
  std::string_view data;  // lines joined by '\n'
};

// As long as an answer may be: some servers send one in a single event.
inline constexpr std::size_t kMaxEventBytes = 64 * 1024 * 1024;

class SseParser {
 public:
  explicit SseParser(std::size_t max_event_bytes = kMaxEventBytes) : max_event_bytes_(max_event_bytes) {}

  // Takes from the front of `input` through the end of one event, or all of it. The event's views are valid until the
  // next call or until the input's bytes change. An event longer than the limit is kMalformed and ends the parser.
  [[nodiscard]] Result<std::optional<SseEvent>> next(std::string_view& input);
  // Holds nothing of an unfinished event: the stream may end here without loss.
  [[nodiscard]] bool between_events() const;

 private:
  [[nodiscard]] std::optional<SseEvent> take_simple_event(std::string_view& input);
  void take_line(std::string_view line);
  void begin_event();

  std::size_t max_event_bytes_;
  std::string line_;  // the start of an incomplete line
  std::string name_;
  std::string data_;
  std::size_t data_lines_ = 0;
  bool dispatched_ = false;      // name_ and data_ belong to the last event returned
  bool skip_line_feed_ = false;  // the last byte was a carriage return: a line feed here ends no second line
  bool at_start_ = true;         // of the stream, where a byte order mark is allowed
};

}  // namespace minions::chat
