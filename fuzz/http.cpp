// HTTP requests and responses: several in a row on one connection, read whole and in pieces, and every head written out
// and parsed again.
#include "fuzz/fuzz.h"
#include "net/http_parser.h"

namespace minions::net {

inline bool operator==(const Header& a, const Header& b) { return a.name == b.name && a.value == b.value; }

}  // namespace minions::net

namespace minions::fuzz {
namespace {

using net::Parsed;
using net::ParseEvent;
using net::RequestHead;
using net::ResponseHead;

std::string fields_of(const net::Headers& headers) {
  std::string text;
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}
std::string text_of(const RequestHead& head) {
  return head.method + ' ' + head.target + (head.http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n") +
         fields_of(head.headers);
}
std::string text_of(const ResponseHead& head) {
  return "HTTP/1.1 " + std::to_string(head.status) + " Any\r\n" + fields_of(head.headers);
}

bool same(const RequestHead& a, const RequestHead& b) {
  return a.method == b.method && a.target == b.target && a.headers == b.headers &&
         a.content_length == b.content_length && a.chunked == b.chunked && a.keep_alive == b.keep_alive &&
         a.expect_continue == b.expect_continue && a.http_1_0 == b.http_1_0;
}
// Without keep_alive: the version, on which it depends, is not in the head.
bool same(const ResponseHead& a, const ResponseHead& b) {
  return a.status == b.status && a.headers == b.headers && a.content_length == b.content_length &&
         a.chunked == b.chunked && a.ends_with_connection == b.ends_with_connection;
}

class RequestSide {
 public:
  using Head = RequestHead;
  net::RequestParser parser;

  void reset() { parser.reset(); }
  void check(const Head& head) const {
    require(!head.target.empty() && (head.target.front() == '/' || head.target == "*"), "a target is a path or *");
    require(std::string(head.path()) + (head.query().empty() ? "" : "?") + std::string(head.query()) == head.target ||
                (head.query().empty() && head.target.back() == '?'),
            "path and query make the target");
    require(!(head.chunked && head.http_1_0), "no chunks in HTTP/1.0");
  }
  void check_refusal() const {
    constexpr int kKnown[] = {400, 414, 417, 431, 501};
    require(std::count(std::begin(kKnown), std::end(kKnown), parser.refusal_status()) == 1, "a refusal has its status");
  }
  // Whether a body that is under way may end with the connection.
  [[nodiscard]] bool complete_at_end() { return false; }
};

template <net::RequestKind kAnswers>
class ResponseSide {
 public:
  using Head = ResponseHead;
  net::ResponseParser parser;

  ResponseSide() { reset(); }
  void reset() { parser.reset(kAnswers); }
  void check(const Head& head) const { require(head.status >= 200 && head.status <= 999, "a final status"); }
  void check_refusal() const {}
  [[nodiscard]] bool complete_at_end() { return parser.at_end_of_input().has_value(); }
};

template <class Head>
struct Message {
  Head head;
  Bytes body;
};
template <class Head>
struct Conversation {
  std::vector<Message<Head>> messages;  // the last may be unfinished
  bool refused = false;
  std::size_t consumed = 0;
  bool complete_at_end = false;
};

template <class Head>
bool same(const Conversation<Head>& a, const Conversation<Head>& b) {
  return a.refused == b.refused && a.complete_at_end == b.complete_at_end &&
         std::equal(a.messages.begin(), a.messages.end(), b.messages.begin(), b.messages.end(),
                    [](const auto& left, const auto& right) {
                      return same(left.head, right.head) && left.body == right.body;
                    });
}

template <class Side>
void check_head(const Side& side, const typename Side::Head& head) {
  side.check(head);
  require(head.headers.size() <= net::kMaxHeaders, "header fields are counted");
  require(net::check_headers(head.headers).has_value(), "no parsed field could add one of its own");
  require(!(head.chunked && head.content_length), "a body has one length");
  for (const auto& header : head.headers) {
    require(std::none_of(header.name.begin(), header.name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
            "names are in lower case");
  }
  std::string text = text_of(head);
  if (text.size() > net::kMaxHeaderBytes) return;  // `a:b` is written with a space
  Side other;
  const auto again = other.parser.feed(MutableBytes(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
  require(again && again->event == ParseEvent::kHead, "a head parses again as it was understood");
  require(again->consumed == text.size() && same(other.parser.head(), head), "a head comes back");
}

// One event into the conversation. False: nothing more can be read from these bytes.
template <class Side>
bool take_event(Side& side, MutableBytes unread, Conversation<typename Side::Head>& conversation) {
  const auto parsed = side.parser.feed(unread);
  if (!parsed) {
    conversation.refused = true;
    side.check_refusal();
    const auto again = side.parser.feed(unread);
    require(!again && again.error().code == parsed.error().code, "a refusal stands");
    return false;
  }
  require(parsed->consumed <= unread.size(), "no more is consumed than was given");
  conversation.consumed += parsed->consumed;
  switch (parsed->event) {
    case ParseEvent::kNeedMore: return false;
    case ParseEvent::kHead:
      require(side.parser.got_head(), "a head that was told of is there");
      check_head(side, side.parser.head());
      conversation.messages.push_back({side.parser.head(), {}});
      return true;
    case ParseEvent::kBody:
      require(!parsed->body.empty() && parsed->body.data() >= unread.data() &&
                  parsed->body.data() + parsed->body.size() <= unread.data() + parsed->consumed,
              "a body piece lies in what was consumed");
      append(conversation.messages.back().body, parsed->body);
      return true;
    case ParseEvent::kEnd: {
      const auto& [head, body] = conversation.messages.back();
      require(!head.content_length || body.empty() || body.size() == *head.content_length, "a body has its length");
      side.reset();
      return true;
    }
  }
  return false;
}

template <class Side>
Conversation<typename Side::Head> read(ByteView input, Cuts cuts) {
  Bytes bytes = to_bytes(input);
  Side side;
  Conversation<typename Side::Head> conversation;
  for (std::size_t arrived = 0; arrived < bytes.size() && !conversation.refused;) {
    arrived += cuts.next(bytes.size() - arrived);
    while (take_event(side, MutableBytes(bytes).first(arrived).subspan(conversation.consumed), conversation)) {
    }
  }
  conversation.complete_at_end = side.complete_at_end();
  return conversation;
}

template <class Side>
void check(ByteView connection, Cuts cuts) {
  // A head that came in pieces is looked at again when its end is there, not before: so there is an end.
  Bytes input = to_bytes(connection);
  append(input, "\r\n\r\n");
  const auto in_pieces = read<Side>(input, cuts);
  // Beyond it, what must fit a buffer at once may be given at once here, and refused there.
  if (input.size() >= net::kMaxChunkHeaderBytes) return;
  require(same(read<Side>(input, Cuts::none()), in_pieces), "a connection says the same however it is cut");
}

}  // namespace
}  // namespace minions::fuzz

// First byte: the cuts. Second: 0 requests, 1 responses, 2 responses to HEAD, modulo 3.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  constexpr std::size_t kLimit = 20'000;  // over the limit on heads; byte by byte is quadratic
  if (size > kLimit) return 0;
  ByteView input(data, size);
  const fuzz::Cuts cuts(fuzz::take_byte(input));
  switch (fuzz::take_byte(input) % 3) {
    case 0: fuzz::check<fuzz::RequestSide>(input, cuts); break;
    case 1: fuzz::check<fuzz::ResponseSide<net::RequestKind::kOther>>(input, cuts); break;
    case 2: fuzz::check<fuzz::ResponseSide<net::RequestKind::kHead>>(input, cuts); break;
  }
  return 0;
}
