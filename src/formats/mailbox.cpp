#include "formats/mailbox.h"

#include <algorithm>

namespace minions::formats {
namespace {

constexpr std::string_view kFrom = "From ";

std::string_view line_at(std::string_view text, std::size_t at) {
  return text.substr(at, std::min(text.find('\n', at), text.size()) - at);
}

// `From ann@example.org Mon Jan  1 10:00:00 2024`: a month, a time of day and a year.
bool has_date(std::string_view line) {
  constexpr std::string_view kMonths[] = {" Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ",
                                          " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec "};
  const bool has_month = std::any_of(std::begin(kMonths), std::end(kMonths), [&](std::string_view month) {
    return line.find(month) != std::string_view::npos;
  });
  const auto is_digit = [&](std::size_t at) { return at < line.size() && line[at] >= '0' && line[at] <= '9'; };
  bool has_time = false;
  for (std::size_t at = line.find(':'); at != std::string_view::npos && !has_time; at = line.find(':', at + 1))
    has_time = at > 0 && is_digit(at - 1) && is_digit(at + 1) && is_digit(at + 2);
  return has_month && has_time;
}

// A header field, as the line after a separator is: `Subject: x`.
bool is_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         line.substr(0, colon).find_first_of(" \t") == std::string_view::npos;
}

// Whether a message begins at this line: at the start of the text or after an empty line.
bool begins_message(std::string_view text, std::size_t at) {
  constexpr std::size_t kLongestLine = 1000;
  const std::string_view line = line_at(text.substr(0, std::min(text.size(), at + kLongestLine)), at);
  const std::size_t next = at + line.size() + 1;
  return line.starts_with(kFrom) && has_date(line) && next < text.size() && is_field(line_at(text, next));
}

}  // namespace

bool is_mailbox(std::string_view text) { return begins_message(text, 0); }

std::vector<std::string_view> messages_of(std::string_view text) {
  std::vector<std::string_view> messages;
  std::size_t begin = 0;
  if (!is_mailbox(text)) return {text};
  for (std::size_t at = text.find("\nFrom "); at != std::string_view::npos; at = text.find("\nFrom ", at + 1)) {
    const bool after_empty =
        at > 0 && (text[at - 1] == '\n' || (text[at - 1] == '\r' && at > 1 && text[at - 2] == '\n'));
    if (!after_empty || !begins_message(text, at + 1)) continue;
    messages.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  messages.push_back(text.substr(begin));
  return messages;
}

std::string without_quoting(std::string_view message) {
  std::string text;
  text.reserve(message.size());
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size() - 1) + 1;
    std::string_view line = message.substr(0, end);
    message.remove_prefix(end);
    const std::size_t marks = std::min(line.find_first_not_of('>'), line.size());
    if (marks > 0 && line.substr(marks).starts_with(kFrom)) line.remove_prefix(1);
    text.append(line);
  }
  return text;
}

}  // namespace minions::formats
