// An HTTP/1.1 client for one io_context, with connections kept for reuse. It never follows redirects, never accepts
// encoded content, and never sends a byte of HTTP on a connection that the caller's check has not passed.
#pragma once

#include <functional>
#include <memory>

#include "net/buffer_pool.h"
#include "net/http.h"
#include "net/stream.h"
#include "net/url.h"

namespace minions::net {

struct Origin {
  Url url;                                      // scheme, host and port; the caller puts the base path into targets
  std::shared_ptr<const TlsClientContext> tls;  // for https; part of what makes two origins the same
  std::string pool_key;                         // further: only equal keys share connections, such as one set of pins
  // Run on each new connection after its handshake and before any HTTP. A failure closes it and is open()'s error.
  std::function<Status(const Stream&)> on_connected;
};

struct ClientOptions {
  std::size_t max_idle_per_origin = 8;
  std::size_t max_idle = 1024;  // of all origins: beyond it, closes the one that is idle longest
  std::chrono::milliseconds max_idle_time{30'000};
  std::chrono::milliseconds write_stall{30'000};
};

struct RequestLine {
  std::string_view method;
  std::string_view target;  // origin form, with the base path
};

class ClientPool;
class ClientConnection;

// One request and its response. Destroying it before the response is complete closes the connection.
class ClientExchange {
 public:
  enum class Reuse { kNew, kKept };
  ClientExchange(std::unique_ptr<ClientConnection> connection, Reuse reuse, std::weak_ptr<ClientPool> pool,
                 std::chrono::milliseconds write_stall);
  ~ClientExchange();
  ClientExchange(const ClientExchange&) = delete;
  ClientExchange& operator=(const ClientExchange&) = delete;

  // With `content_length` the body has that length (0 for none); without, it is chunked. Host, Content-Length and
  // Transfer-Encoding are ours. The head leaves with the first piece of the body, or with finish_body.
  [[nodiscard]] Task<Status> send_head(RequestLine line, std::span<const Header> headers,
                                       std::optional<std::uint64_t> content_length);
  [[nodiscard]] Task<Status> write_body(ByteView bytes);
  [[nodiscard]] Task<Status> finish_body();
  // Head and body in one write if they are small.
  [[nodiscard]] Task<Status> send(RequestLine line, std::span<const Header> headers, ByteView body);

  // May be called after a failed write: a server that refuses a request early has given the reason.
  [[nodiscard]] Task<Result<ResponseHead>> read_head(Deadline deadline);
  // The next piece, in the connection's own buffer: it may be changed in place and is valid until the next call. Empty
  // at the end; kTruncated if the connection ends before. A body that ends with the connection has
  // head.ends_with_connection.
  [[nodiscard]] Task<Result<MutableBytes>> read_body(Deadline deadline);

  // Like read_body, for what has already been received: nothing if read_body would wait or call the system. Earlier
  // pieces stay valid.
  [[nodiscard]] Result<std::optional<MutableBytes>> read_received_body();

  // Closes the connection. Pending calls return kCancelled.
  void cancel();

  [[nodiscard]] bool reused() const;
  // The connection was kept from an earlier request and broke before a byte of the response: the server most likely
  // closed it before it saw the request.
  [[nodiscard]] bool reused_and_reset() const;
  // Bytes passed to the system so far, HTTP head included; 0 means that the server cannot have seen anything.
  [[nodiscard]] std::uint64_t bytes_written() const;
  // Null once the response is complete.
  [[nodiscard]] const Stream* stream() const;

 private:
  [[nodiscard]] Task<Status> send_output(ByteView tail);
  [[nodiscard]] Task<Result<std::size_t>> fill(Deadline deadline);
  void response_complete();

  std::unique_ptr<ClientConnection> connection_;  // null once it is back in the pool
  Buffer last_input_;                             // of a returned connection: it contains the last pieces of the body
  std::weak_ptr<ClientPool> pool_;
  std::chrono::milliseconds write_stall_;
  std::optional<std::uint64_t> body_left_;  // of a request with a length
  std::uint64_t written_before_ = 0;        // on this connection, by earlier requests
  std::uint64_t written_ = 0;               // by this one, after the connection was returned
  bool reused_ = false;
  bool got_response_byte_ = false;
  bool reset_ = false;
  bool request_done_ = false;
  bool response_done_ = false;
};

class HttpClient {
 public:
  // For the tasks of this io_context. Destroyed on its thread, or after it: kept connections end with the io_context.
  HttpClient(Executor executor, const ClientOptions& options);
  ~HttpClient();

  // A kept connection if one is usable, otherwise a new one. The deadline covers name, connection and handshake.
  [[nodiscard]] Task<Result<std::unique_ptr<ClientExchange>>> open(Origin origin, Deadline deadline);
  // Like open, but never a kept one: for the second attempt after reused_and_reset.
  [[nodiscard]] Task<Result<std::unique_ptr<ClientExchange>>> open_new(Origin origin, Deadline deadline);
  void close_idle();
  // Closes what is kept under this key, of any origin, soon. From any thread, also after the io_context is destroyed.
  void close_idle(const std::string& pool_key);
  [[nodiscard]] std::size_t idle() const;
  // Kept connections found closed by the server, since the start.
  [[nodiscard]] std::uint64_t broken_while_kept() const;

 private:
  ClientOptions options_;
  std::shared_ptr<ClientPool> pool_;
};

}  // namespace minions::net
