#include "chat/sse.h"

namespace minions::chat {

Result<std::optional<SseEvent>> SseParser::next(std::string_view& input) {
  if (dispatched_) begin_event();
  if (auto event = take_simple_event(input)) return event;
  while (!input.empty()) {
    if (skip_line_feed_) {
      skip_line_feed_ = false;
      if (input.front() == '\n') {
        input.remove_prefix(1);
        continue;
      }
    }
    const std::size_t end = input.find_first_of("\r\n");
    const std::string_view piece = input.substr(0, end);
    if (line_.size() + data_.size() + name_.size() + piece.size() > max_event_bytes_) {
      return fail(ErrorCode::kMalformed, "sse: an event is longer than " + std::to_string(max_event_bytes_) + " bytes");
    }
    if (end == std::string_view::npos) {
      line_ += piece;
      input = {};
      break;
    }
    skip_line_feed_ = input[end] == '\r';
    input.remove_prefix(end + 1);

    std::string_view line = piece;
    if (!line_.empty()) line = line_ += piece;
    const bool ends_event = line.empty();
    take_line(line);
    line_.clear();
    if (!ends_event) continue;
    if (data_lines_ > 0) {
      dispatched_ = true;
      return SseEvent{name_, data_};
    }
    begin_event();  // without data there is no event, and its name is discarded
  }
  return std::nullopt;
}

// `data: ...` LF LF in one piece, as model servers send it: returned without a copy.
std::optional<SseEvent> SseParser::take_simple_event(std::string_view& input) {
  constexpr std::string_view kPrefix = "data:";
  if (at_start_ || skip_line_feed_ || !between_events() || input.substr(0, kPrefix.size()) != kPrefix) {
    return std::nullopt;
  }
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos || end + 1 >= input.size() || input[end + 1] != '\n' || end > max_event_bytes_) {
    return std::nullopt;
  }
  std::string_view data = input.substr(kPrefix.size(), end - kPrefix.size());
  if (data.find('\r') != std::string_view::npos) return std::nullopt;
  if (data.substr(0, 1) == " ") data.remove_prefix(1);
  input.remove_prefix(end + 2);
  return SseEvent{{}, data};
}

void SseParser::take_line(std::string_view line) {
  if (at_start_) {
    at_start_ = false;
    if (line.substr(0, 3) == "\xEF\xBB\xBF") line.remove_prefix(3);
  }
  const std::size_t colon = line.find(':');
  if (line.empty() || colon == 0) return;
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.substr(0, 1) == " ") value.remove_prefix(1);
  if (field == "data") {
    if (data_lines_++ > 0) data_ += '\n';
    data_ += value;
  } else if (field == "event") {
    name_ = value;
  }
}

void SseParser::begin_event() {
  name_.clear();
  data_.clear();
  data_lines_ = 0;
  dispatched_ = false;
}

bool SseParser::between_events() const { return dispatched_ || (line_.empty() && name_.empty() && data_lines_ == 0); }

}  // namespace minions::chat
