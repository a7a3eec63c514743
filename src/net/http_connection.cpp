#include "net/http_connection.h"

#include <cstring>

namespace minions::net {
namespace {

constexpr std::size_t kInputBytes = 64 * 1024;
// After a refusal or an early reply, so that the peer reads it before the close discards it.
constexpr std::chrono::milliseconds kLingerTime{2'000};
constexpr std::size_t kLingerBytes = std::size_t{1024} * 1024;

}  // namespace

HttpConnection::HttpConnection(Accepted accepted, ServerThread& thread)
    : thread_(thread),
      listener_(std::move(accepted.listener)),
      address_permit_(std::move(accepted.permit)),
      stream_(std::move(accepted.socket)),
      output_(BufferPool::of(thread.executor())) {}

HttpConnection::~HttpConnection() = default;

Task<void> HttpConnection::serve(std::shared_ptr<HttpConnection> self) {
  HttpConnection& connection = *self;
  connection.thread_.add(connection);
  bool goes_on = co_await connection.start();
  while (goes_on) {
    goes_on = co_await connection.read_head();
    if (!goes_on) break;
    co_await connection.run_handler();
    goes_on = co_await connection.end_exchange();
  }
  connection.on_peer_gone_ = nullptr;
  connection.stream_.close();
  connection.input_.release();
  connection.output_.release();
  connection.thread_.remove(connection);
}

Task<bool> HttpConnection::start() {
  if (!listener_->options.tls) co_return true;
  const Deadline deadline = deadline_in(thread_.limits().header_time);
  co_return (co_await stream_.accept_tls(*listener_->options.tls, deadline)).has_value();
}

// Between requests: holds no buffer, and the deadline is the idle time. The first request is due sooner.
Task<bool> HttpConnection::wait_for_request() {
  const auto time = served_before_ ? thread_.limits().idle_time : thread_.limits().header_time;
  const Deadline deadline = deadline_in(time);
  idle_ = true;
  while (!thread_.draining()) {
    input_.release();
    const Status readable = co_await stream_.wait_readable(deadline);
    if (!readable) co_return false;
    const auto count = stream_.read_now(room_to_read());
    if (!count) co_return false;
    if (!*count) continue;
    add_read(**count);
    idle_ = false;
    co_return **count > 0;
  }
  co_return false;
}

Task<bool> HttpConnection::read_head() {
  if (begin_ == end_) {
    const bool started = co_await wait_for_request();
    if (!started) co_return false;
  }
  parser_.reset();
  const Deadline deadline = deadline_in(thread_.limits().header_time);
  for (;;) {
    const auto parsed = parser_.feed(unread());
    if (!parsed) {
      co_await refuse(parser_.refusal_status());
      co_return false;
    }
    begin_ += parsed->consumed;
    if (parsed->event == ParseEvent::kHead) co_return true;
    const auto count = co_await fill(deadline);
    if (!count && count.error().code == ErrorCode::kTimeout) co_await refuse(408);
    if (!count || *count == 0) co_return false;
  }
}

Task<Result<std::size_t>> HttpConnection::fill(Deadline deadline) {
  auto count = co_await stream_.read_some(room_to_read(), deadline);
  if (count) add_read(*count);
  co_return count;
}

// After the unread bytes, which never exceed the parser's limits: there is room.
MutableBytes HttpConnection::room_to_read() {
  if (!input_.held()) input_ = BufferPool::of(thread_.executor()).take(kInputBytes);
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == input_.capacity()) {
    std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return input_.span(end_, input_.capacity() - end_);
}

void HttpConnection::add_read(std::size_t count) {
  end_ += count;
  input_.mark_used(end_);
}

Task<void> HttpConnection::run_handler() {
  const RequestHead& head = parser_.head();
  body_received_ = 0;
  body_ended_ = !head.has_body();
  body_failed_ = false;
  continue_wanted_ = head.expect_continue && !head.http_1_0 && head.has_body();
  keep_alive_ = head.keep_alive;
  reply_ = Reply::kNone;

  HttpExchange exchange(*this);
  try {
    co_await listener_->options.handler(exchange);
  } catch (...) {
    // Not ours to report: handlers return errors; an exception is a library's fault or a lack of memory.
    keep_alive_ = false;
  }
  on_peer_gone_ = nullptr;
  if (reply_ == Reply::kNone) {
    keep_alive_ = false;
    (void)co_await reply(500, {}, {});
  }
}

// Whether the connection continues.
Task<bool> HttpConnection::end_exchange() {
  served_before_ = true;
  if (reply_ != Reply::kDone) {
    stream_.abort();
    co_return false;
  }
  bool goes_on = keep_alive_ && !body_failed_;
  if (goes_on) goes_on = co_await drop_unread_body();
  output_.release();
  if (!goes_on) {
    if (!body_ended_) co_await close_gently();
    co_return false;
  }
  co_return true;
}

Task<bool> HttpConnection::drop_unread_body() {
  if (!body_ended_ && continue_wanted_) co_return false;
  const std::uint64_t limit = body_received_ + thread_.limits().unread_body_bytes;
  const Deadline deadline = deadline_in(thread_.limits().header_time);
  while (!body_ended_) {
    if (body_received_ > limit) co_return false;
    const auto piece = co_await read_body(deadline);
    if (!piece) co_return false;
  }
  if (parser_.head().has_body()) co_return true;
  const auto end = parser_.feed({});  // a request without a body ends with its head
  co_return end && end->event == ParseEvent::kEnd;
}

Task<void> HttpConnection::refuse(int status) {
  keep_alive_ = false;
  body_ended_ = true;
  reply_ = Reply::kNone;
  const Status sent = co_await reply(status, {}, {});
  if (sent) co_await close_gently();
}

Task<void> HttpConnection::close_gently() {
  stream_.shutdown_write();
  const Deadline deadline = deadline_in(kLingerTime);
  for (std::size_t dropped = 0; dropped < kLingerBytes;) {
    begin_ = end_ = 0;
    const auto count = co_await fill(deadline);
    if (!count || *count == 0) break;
    dropped += *count;
  }
}

void HttpConnection::close_if_idle() {
  if (idle_) stream_.cancel();
}

void HttpConnection::close_now() {
  peer_is_gone();
  stream_.abort();
}

void ServerThread::add(HttpConnection& connection) {
  connection.place_ = connections_.size();
  connections_.push_back(&connection);
}

void ServerThread::remove(HttpConnection& connection) {
  HttpConnection* const last = connections_.back();
  connections_[connection.place_] = last;
  last->place_ = connection.place_;
  connections_.pop_back();
  connection.address_permit_.reset();
  --connection.listener_->connections;
  --all_connections_;
}

void ServerThread::close_idle() {
  for (HttpConnection* connection : connections_) connection->close_if_idle();
}

void ServerThread::close_all() {
  // A callback may end tasks, but no connection leaves the list before its own task runs again.
  for (HttpConnection* connection : connections_) connection->close_now();
}

std::string_view ServerThread::date_field() {
  const std::time_t now = std::time(nullptr);
  if (now != date_of_) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[48];
    const std::size_t size = std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    date_field_.assign(text, size);
    date_of_ = now;
  }
  return date_field_;
}

}  // namespace minions::net
