// The server's side of one connection: reads heads, runs the handler, frames replies, keeps the connection or closes
// it. Internal to the HTTP server; handlers see it as an HttpExchange.
#pragma once

#include <atomic>
#include <vector>

#include "net/http_exchange.h"
#include "net/http_parser.h"
#include "net/http_server.h"
#include "net/output_buffer.h"
#include "net/permits.h"

namespace minions::net {

class HttpConnection;

// What the connections of one listener share.
struct Listener {
  explicit Listener(ListenOptions given) : options(std::move(given)) {}
  ListenOptions options;
  std::atomic<std::size_t> connections = 0;
  Permits by_address;
};

// An accepted connection, with the permit of its address if those are counted.
struct Accepted {
  std::shared_ptr<Listener> listener;
  std::optional<Permit> permit;
  Socket socket;
};

// What the connections of one thread share. Everything except `draining` is used only on that thread.
class ServerThread {
 public:
  ServerThread(const ServerLimits& limits, std::atomic<std::size_t>& connections, const std::atomic<bool>& draining)
      : limits_(limits), all_connections_(connections), draining_(draining) {}

  [[nodiscard]] const ServerLimits& limits() const { return limits_; }
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] asio::io_context& context() { return io_.context(); }
  [[nodiscard]] Executor executor() { return io_.executor(); }

  void add(HttpConnection& connection);
  void remove(HttpConnection& connection);
  void close_idle();
  void close_all();
  // `Date: ...` with its line end, built once per second.
  [[nodiscard]] std::string_view date_field();

 private:
  ServerLimits limits_;
  std::atomic<std::size_t>& all_connections_;
  const std::atomic<bool>& draining_;
  std::vector<HttpConnection*> connections_;
  std::string date_field_;
  std::time_t date_of_ = 0;
  IoThread io_;  // last: what its tasks use outlives it
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(Accepted accepted, ServerThread& thread);
  ~HttpConnection();

  // Until the connection ends.
  [[nodiscard]] static Task<void> serve(std::shared_ptr<HttpConnection> self);
  // The server drains: an idle connection closes, a busy one announces it in its reply.
  void close_if_idle();
  void close_now();

 private:
  friend class HttpExchange;
  friend class ServerThread;
  enum class Reply { kNone, kStreaming, kDone, kBroken };
  enum class Framing { kLength, kChunked, kUntilClose, kNoBody };

  // http_connection.cpp: the life of the connection.
  [[nodiscard]] Task<bool> start();
  [[nodiscard]] Task<bool> wait_for_request();
  [[nodiscard]] Task<bool> read_head();
  [[nodiscard]] Task<void> run_handler();
  [[nodiscard]] Task<bool> end_exchange();
  [[nodiscard]] Task<bool> drop_unread_body();
  [[nodiscard]] Task<void> refuse(int status);
  [[nodiscard]] Task<void> close_gently();
  [[nodiscard]] Task<Result<std::size_t>> fill(Deadline deadline);
  [[nodiscard]] MutableBytes room_to_read();
  void add_read(std::size_t count);
  [[nodiscard]] MutableBytes unread() { return input_.span(begin_, end_ - begin_); }

  // http_exchange.cpp: what a handler calls.
  [[nodiscard]] Task<Result<MutableBytes>> read_body(Deadline deadline);
  [[nodiscard]] Task<Status> reply(int status, std::span<const Header> headers, ByteView body);
  [[nodiscard]] Task<Status> reply_pieces(int status, std::span<const Header> headers,
                                          std::span<const std::string_view> pieces);
  [[nodiscard]] Status begin_reply(int status, std::span<const Header> headers);
  [[nodiscard]] MutableBytes reply_space(std::size_t count);
  void commit(std::size_t count);
  [[nodiscard]] Task<Status> flush(Deadline deadline);
  [[nodiscard]] Task<Status> finish(Deadline deadline);
  void watch_peer(std::function<void()> callback);
  void abort();
  [[nodiscard]] Framing framing_of(int status, std::optional<std::uint64_t> content_length) const;
  [[nodiscard]] Status append_head(int status, std::span<const Header> headers,
                                   std::optional<std::uint64_t> content_length);
  [[nodiscard]] Status may_stream() const;
  [[nodiscard]] bool will_keep_alive() const;
  void peer_is_gone();
  [[nodiscard]] static Task<void> watch(std::shared_ptr<HttpConnection> self);

  ServerThread& thread_;
  std::shared_ptr<Listener> listener_;
  std::optional<Permit> address_permit_;
  Stream stream_;
  RequestParser parser_;
  Buffer input_;  // held only while there is a request
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  OutputBuffer output_;

  // Of the current exchange.
  std::uint64_t body_received_ = 0;
  Reply reply_ = Reply::kNone;
  Framing framing_ = Framing::kNoBody;
  bool body_ended_ = false;
  bool body_failed_ = false;
  bool continue_wanted_ = false;  // the client waits for 100 before it sends its body
  bool keep_alive_ = false;

  bool served_before_ = false;
  bool idle_ = true;
  bool watching_ = false;
  std::function<void()> on_peer_gone_;
  std::size_t place_ = 0;  // in the thread's list
};

}  // namespace minions::net
