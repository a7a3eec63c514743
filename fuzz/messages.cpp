// The JSON of sessions: heads, trailers, alerts and handshake payloads. What parses is written and parses to the same.
#include "session/messages.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/json.h"
#include "fuzz/fuzz.h"
#include "session/exchange.h"

namespace minions::fuzz {
namespace {

using namespace session;

// Their text for each other; a writer's escapes may be longer than a parser's limit takes, which is no fault.
template <class Message>
void check_written_again(std::string_view json, std::size_t limit) {
  const auto message = Message::parse(json);
  if (!message) return;
  const std::string text = message->to_json();
  if (text.size() > limit) return;
  const auto again = Message::parse(text);
  require(again.has_value(), "what was parsed and written parses again");
  require(again->to_json() == text, "a message has one encoding");
}

void check_request_head(std::string_view json) {
  const auto head = RequestHead::parse(json);
  if (!head) return;
  require(json.size() <= kMaxHeadData, "no request head is over its limit");
  const auto again = RequestHead::parse(head->to_json());
  require(again || head->to_json().size() > kMaxHeadData, "a request head comes back");
  require(!again || (again->method == head->method && again->path == head->path && again->headers == head->headers &&
                     again->length == head->length),
          "a request head comes back whole");
  for (const auto& [name, value] : head->headers) {
    require(find_header(head->headers, name) == value, "a header is found by its name, which stands there once");
    require((name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
            "no header can end its line");
  }
}

void check_reply_trailer(std::string_view json) {
  const auto trailer = ReplyTrailer::parse(json);
  if (!trailer) return;
  require(trailer->usage.empty() || json.find(trailer->usage) != std::string_view::npos,
          "usage is bytes of the trailer as they came");
  require(trailer->usage.empty() || Json::accept(trailer->usage), "usage is one JSON value");
  require(!check_receipt(*trailer, {}, {.earliest = 0, .latest = 0}, {}), "nobody signed a receipt for no exchange");
}

void check_alert(std::string_view json) {
  const auto alert = Alert::parse(json);
  if (alert) require(is_utf8(alert->message), "an alert's message is UTF-8");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  const std::string_view json = as_text({data, size});
  fuzz::check_request_head(json);
  fuzz::check_written_again<session::RequestHead>(json, session::kMaxHeadData);
  fuzz::check_written_again<session::ReplyHead>(json, session::kMaxRecordData);
  fuzz::check_written_again<session::Alert>(json, session::kMaxRecordData);
  fuzz::check_written_again<session::SessionParameters>(json, 4096);
  fuzz::check_alert(json);
  fuzz::check_reply_trailer(json);
  const bool object = parse_strict_json(json, {.bytes = session::kMaxRecordData}).has_value();
  fuzz::require(session::check_request_trailer(json).has_value() == object, "a request's trailer is any object");
  fuzz::require(object || !session::check_client_hello(json), "a client's hello is an object");
  return 0;
}
