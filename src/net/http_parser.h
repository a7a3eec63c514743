// Incremental HTTP/1.1 parsers over the caller's buffer. No sockets, no copies of bodies. They refuse what parsers
// disagree about: two lengths, folded lines, bare line feeds, codings other than chunked, a GET or HEAD with a body.
// What no further byte can make valid is refused at once, however little has come.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "net/http.h"

namespace minions::net {

enum class ParseEvent {
  kNeedMore,  // pass again what was not consumed, with more after it
  kHead,      // head() is complete
  kBody,      // a piece of the body
  kEnd,       // the message is complete; what was not consumed belongs to the next
};

struct Parsed {
  ParseEvent event = ParseEvent::kNeedMore;
  std::size_t consumed = 0;
  MutableBytes body;  // for kBody: part of the given bytes, within the consumed part
};

// The maximum of a chunk's size line or the trailer section: a buffer must hold that much, or feed could never proceed.
inline constexpr std::size_t kMaxChunkHeaderBytes = 4 * 1024;

class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  // Ready for the next message.
  void reset();
  // One event at a time. An error ends the parser; refusal_status() then returns the matching reply.
  [[nodiscard]] Result<Parsed> feed(MutableBytes unread);
  [[nodiscard]] const RequestHead& head() const;
  [[nodiscard]] bool got_head() const;
  // After the head: refuses a body announced as longer before it arrives, with kTooLarge and 413.
  [[nodiscard]] Status limit_body(std::uint64_t bytes);
  // 400, 413, 414, 417, 431 or 501.
  [[nodiscard]] int refusal_status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

enum class RequestKind { kOther, kHead };

class ResponseParser {
 public:
  ResponseParser();
  ~ResponseParser();
  // A reply to HEAD has no body, whatever its fields state.
  void reset(RequestKind answers);
  // Skips 1xx replies, except 101, which is refused.
  [[nodiscard]] Result<Parsed> feed(MutableBytes unread);
  // The connection has ended. Fine only after kEnd or in a body that ends with the connection, else kTruncated.
  [[nodiscard]] Status at_end_of_input();
  [[nodiscard]] const ResponseHead& head() const;
  [[nodiscard]] bool got_head() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace minions::net
