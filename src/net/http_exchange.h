// One request and its reply, as a handler of the HTTP server sees them. Lives until the handler returns, on one thread.
#pragma once

#include <functional>
#include <memory>

#include "base/bytes.h"
#include "net/http.h"
#include "net/task.h"

namespace minions::net {

class HttpConnection;

class HttpExchange {
 public:
  explicit HttpExchange(HttpConnection& connection) : connection_(connection) {}
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  [[nodiscard]] const RequestHead& head() const;
  [[nodiscard]] const asio::ip::address& peer_address() const;
  [[nodiscard]] bool peer_is_loopback() const;
  [[nodiscard]] bool is_tls() const;
  [[nodiscard]] Executor executor() const;

  // The next piece of the request's body, in the connection's own buffer: it may be changed in place and holds until
  // the next call. Empty at the end. A body that ends early is kTruncated, a passed deadline kTimeout.
  [[nodiscard]] Task<Result<MutableBytes>> read_body(Deadline deadline);
  [[nodiscard]] std::uint64_t body_bytes_received() const;
  // A body announced as larger, by its length or by its chunks' sizes, is kTooLarge here or at the next read_body:
  // before it arrives.
  [[nodiscard]] Status limit_body(std::uint64_t bytes);

  // The whole reply with its Content-Length. Content-Length, Transfer-Encoding, Connection and Date are never the
  // caller's. Views must stay valid until the task ends: name headers before the co_await, as GCC 12 mishandles braced
  // lists in such an expression.
  [[nodiscard]] Task<Status> reply(int status, std::span<const Header> headers, ByteView body);
  // The same with a body in pieces, which replies may share.
  [[nodiscard]] Task<Status> reply_pieces(int status, std::span<const Header> headers,
                                          std::span<const std::string_view> pieces);

  // A streamed reply. Nothing is sent before the first flush.
  [[nodiscard]] Status begin_reply(int status, std::span<const Header> headers);
  // `count` writable bytes of body; valid until the next call of anything here. Not before begin_reply.
  [[nodiscard]] MutableBytes reply_space(std::size_t count);
  // The first `count` bytes of the space are body.
  void commit(std::size_t count);
  // Sends the head, if it was not yet sent, and what was committed, in one write.
  [[nodiscard]] Task<Status> flush(Deadline deadline);
  // Like flush, with the end of the reply.
  [[nodiscard]] Task<Status> finish(Deadline deadline);
  [[nodiscard]] bool reply_started() const;  // a head was given, sent or not

  // Called once, on this thread, within a second after the peer has disconnected or the server's drain has run out of
  // time. An empty function removes it. Not called after the handler has returned.
  void on_peer_gone(std::function<void()> callback);
  // Closes without the end of the reply: the peer sees it truncated.
  void abort();

 private:
  HttpConnection& connection_;
};

using Handler = std::function<Task<void>(HttpExchange&)>;

}  // namespace minions::net
