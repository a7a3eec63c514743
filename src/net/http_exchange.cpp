#include "net/http_exchange.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/http_connection.h"

namespace minions::net {
namespace {

// How often a peer that sent bytes ahead, and so is always readable, is checked again.
constexpr std::chrono::milliseconds kPeerCheckInterval{500};

constexpr std::string_view kNothing;
constexpr std::size_t kGatheredBytes = 4 * 1024;  // of one piece, rather than a separate write

bool has_no_body(int status) { return status == 204 || status == 304; }

void append_field(OutputBuffer& output, std::string_view name, std::string_view value) {
  output.append(name);
  output.append(": ");
  output.append(value);
  output.append("\r\n");
}

}  // namespace

const RequestHead& HttpExchange::head() const { return connection_.parser_.head(); }
const asio::ip::address& HttpExchange::peer_address() const { return connection_.stream_.peer_address(); }
bool HttpExchange::peer_is_loopback() const { return connection_.stream_.peer_is_loopback(); }
bool HttpExchange::is_tls() const { return connection_.stream_.is_tls(); }
Executor HttpExchange::executor() const { return connection_.stream_.executor(); }
Task<Result<MutableBytes>> HttpExchange::read_body(Deadline deadline) { return connection_.read_body(deadline); }
std::uint64_t HttpExchange::body_bytes_received() const { return connection_.body_received_; }
Status HttpExchange::limit_body(std::uint64_t bytes) {
  Status announced = connection_.parser_.limit_body(bytes);
  if (!announced) connection_.body_failed_ = true;
  return announced;
}
Task<Status> HttpExchange::reply(int status, std::span<const Header> headers, ByteView body) {
  return connection_.reply(status, headers, body);
}
Task<Status> HttpExchange::reply_pieces(int status, std::span<const Header> headers,
                                        std::span<const std::string_view> pieces) {
  return connection_.reply_pieces(status, headers, pieces);
}
Status HttpExchange::begin_reply(int status, std::span<const Header> headers) {
  return connection_.begin_reply(status, headers);
}
MutableBytes HttpExchange::reply_space(std::size_t count) { return connection_.reply_space(count); }
void HttpExchange::commit(std::size_t count) { connection_.commit(count); }
Task<Status> HttpExchange::flush(Deadline deadline) { return connection_.flush(deadline); }
Task<Status> HttpExchange::finish(Deadline deadline) { return connection_.finish(deadline); }
bool HttpExchange::reply_started() const { return connection_.reply_ != HttpConnection::Reply::kNone; }
void HttpExchange::on_peer_gone(std::function<void()> callback) { connection_.watch_peer(std::move(callback)); }
void HttpExchange::abort() { connection_.abort(); }

Task<Result<MutableBytes>> HttpConnection::read_body(Deadline deadline) {
  if (body_failed_) co_return fail(ErrorCode::kUsage, "request body: read after it failed");
  while (!body_ended_) {
    const auto parsed = parser_.feed(unread());
    if (!parsed) {
      body_failed_ = true;
      co_return fail(parsed.error());
    }
    begin_ += parsed->consumed;
    if (parsed->event == ParseEvent::kBody) {
      body_received_ += parsed->body.size();
      continue_wanted_ = false;
      co_return parsed->body;
    }
    if (parsed->event == ParseEvent::kEnd) {
      body_ended_ = true;
      if (begin_ == end_) input_.release();
      break;
    }
    if (continue_wanted_ && begin_ == end_ && reply_ == Reply::kNone) {
      continue_wanted_ = false;
      output_.append("HTTP/1.1 100 Continue\r\n\r\n");
      const Status sent = co_await output_.send(stream_, {}, deadline);
      if (!sent) {
        body_failed_ = true;
        co_return fail(sent.error());
      }
    }
    const auto count = co_await fill(deadline);
    if (count && *count > 0) continue;
    body_failed_ = true;
    if (!count) co_return fail(count.error());
    co_return fail(ErrorCode::kTruncated,
                   fmt::format("request body: ended early, {} bytes were received", body_received_));
  }
  co_return MutableBytes{};
}

Task<Status> HttpConnection::reply(int status, std::span<const Header> headers, ByteView body) {
  const std::string_view pieces[] = {as_text(body)};
  co_return co_await reply_pieces(status, headers, pieces);
}

Task<Status> HttpConnection::reply_pieces(int status, std::span<const Header> headers,
                                          std::span<const std::string_view> pieces) {
  if (reply_ != Reply::kNone) co_return fail(ErrorCode::kUsage, "reply: begun before");
  std::size_t bytes = 0;
  for (const std::string_view piece : pieces) bytes += piece.size();
  MINIONS_CO_TRY(append_head(status, headers, bytes));
  reply_ = Reply::kBroken;
  if (framing_ == Framing::kNoBody || pieces.empty()) pieces = std::span(&kNothing, 1);
  for (; pieces.size() > 1; pieces = pieces.subspan(1)) {  // short ones go with the next, like the head
    if (pieces.front().size() <= kGatheredBytes) {
      output_.append(pieces.front());
      continue;
    }
    const ByteView piece = as_bytes(pieces.front());
    MINIONS_CO_TRY(co_await output_.send_unless_stalled(stream_, piece, thread_.limits().write_stall));
  }
  MINIONS_CO_TRY(co_await output_.send_unless_stalled(stream_, as_bytes(pieces.front()), thread_.limits().write_stall));
  reply_ = Reply::kDone;
  co_return Status{};
}

Status HttpConnection::begin_reply(int status, std::span<const Header> headers) {
  if (reply_ != Reply::kNone) return fail(ErrorCode::kUsage, "reply: begun before");
  MINIONS_TRY(append_head(status, headers, std::nullopt));
  reply_ = Reply::kStreaming;
  return {};
}

HttpConnection::Framing HttpConnection::framing_of(int status, std::optional<std::uint64_t> content_length) const {
  if (has_no_body(status) || parser_.head().method == "HEAD") return Framing::kNoBody;
  if (content_length) return Framing::kLength;
  return parser_.head().http_1_0 ? Framing::kUntilClose : Framing::kChunked;
}

Status HttpConnection::append_head(int status, std::span<const Header> headers,
                                   std::optional<std::uint64_t> content_length) {
  MINIONS_TRY(check_headers(headers));
  if (status < 200 || status > 599) return fail(ErrorCode::kUsage, fmt::format("reply: status {}", status));
  framing_ = framing_of(status, content_length);
  if (framing_ == Framing::kUntilClose) keep_alive_ = false;
  keep_alive_ = will_keep_alive();

  fmt::memory_buffer line;
  fmt::format_to(std::back_inserter(line), "HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
  if (content_length && !has_no_body(status)) {
    fmt::format_to(std::back_inserter(line), "Content-Length: {}\r\n", *content_length);
  }
  output_.append({line.data(), line.size()});
  output_.append(thread_.date_field());
  for (const Header& header : headers) append_field(output_, header.name, header.value);
  if (framing_ == Framing::kChunked) output_.append("Transfer-Encoding: chunked\r\n");
  if (!keep_alive_) {
    output_.append("Connection: close\r\n");
  } else if (parser_.head().http_1_0) {
    output_.append("Connection: keep-alive\r\n");
  }
  output_.append("\r\n");
  return {};
}

// A body that is too long to drop, or that the client holds back, ends the connection: better announced in the head.
bool HttpConnection::will_keep_alive() const {
  if (!keep_alive_ || body_failed_ || thread_.draining()) return false;
  if (body_ended_) return true;
  const std::uint64_t length = parser_.head().content_length.value_or(body_received_);
  return !continue_wanted_ && length - body_received_ <= thread_.limits().unread_body_bytes;
}

MutableBytes HttpConnection::reply_space(std::size_t count) {
  const bool chunked = reply_ == Reply::kStreaming && framing_ == Framing::kChunked;
  return chunked ? output_.chunk_space(count) : output_.plain_space(count);
}

void HttpConnection::commit(std::size_t count) {
  const bool has_body = reply_ == Reply::kStreaming && framing_ != Framing::kNoBody;
  output_.commit(has_body ? count : 0);
}

Status HttpConnection::may_stream() const {
  switch (reply_) {
    case Reply::kStreaming: return {};
    case Reply::kBroken: return fail(ErrorCode::kNetwork, "reply: the connection is broken");
    case Reply::kNone:
    case Reply::kDone: return fail(ErrorCode::kUsage, "reply: not begun, or ended before");
  }
  return fail(ErrorCode::kInternal, "reply: no such state");
}

Task<Status> HttpConnection::flush(Deadline deadline) {
  MINIONS_CO_TRY(may_stream());
  output_.end_chunk();
  auto sent = co_await output_.send(stream_, {}, deadline);
  if (!sent) reply_ = Reply::kBroken;
  co_return sent;
}

Task<Status> HttpConnection::finish(Deadline deadline) {
  MINIONS_CO_TRY(may_stream());
  output_.end_chunk();
  if (framing_ == Framing::kChunked) output_.append("0\r\n\r\n");
  auto sent = co_await output_.send(stream_, {}, deadline);
  reply_ = sent ? Reply::kDone : Reply::kBroken;
  co_return sent;
}

void HttpConnection::abort() {
  reply_ = Reply::kBroken;
  stream_.abort();
}

void HttpConnection::watch_peer(std::function<void()> callback) {
  on_peer_gone_ = std::move(callback);
  if (!on_peer_gone_ || watching_) return;
  watching_ = true;
  spawn(stream_.executor(), watch(shared_from_this()));
}

void HttpConnection::peer_is_gone() {
  if (const auto callback = std::exchange(on_peer_gone_, nullptr)) callback();
}

// Outlives an exchange by at most one wake-up, and may serve the next one.
Task<void> HttpConnection::watch(std::shared_ptr<HttpConnection> self) {
  Timer pause(self->stream_.executor());
  while (self->on_peer_gone_) {
    const Status readable = co_await self->stream_.wait_readable(kNoDeadline);
    if (!self->on_peer_gone_) break;
    if (!readable || self->stream_.peer_closed()) {
      self->peer_is_gone();
      break;
    }
    pause.expires_after(kPeerCheckInterval);
    co_await pause.async_wait(use_task_tuple);
  }
  self->watching_ = false;
}

}  // namespace minions::net
