#include "net/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <list>
#include <mutex>
#include <unordered_map>

#include "net/http_parser.h"
#include "net/output_buffer.h"

namespace minions::net {
namespace {

constexpr std::size_t kInputBytes = 64 * 1024;
constexpr std::size_t kCopiedChunk = 16 * 1024;  // a longer piece is sent from its own memory

std::string key_of(const Origin& origin) {
  return fmt::format("{} {} {}", origin.url.origin(), static_cast<const void*>(origin.tls.get()), origin.pool_key);
}

bool names_our_field(std::string_view name) {
  for (const std::string_view ours : {"host", "content-length", "transfer-encoding", "connection"}) {
    if (name.size() == ours.size() && std::equal(name.begin(), name.end(), ours.begin(), [](char a, char b) {
          return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
        })) {
      return true;
    }
  }
  return false;
}

Status check_request(RequestLine line, std::span<const Header> headers) {
  const auto printable = [](char c) { return c > ' ' && c < 0x7f; };
  if (line.method.empty() || !std::all_of(line.method.begin(), line.method.end(), printable)) {
    return fail(ErrorCode::kUsage, "request: the method is not a token");
  }
  if (line.target.substr(0, 1) != "/" || !std::all_of(line.target.begin(), line.target.end(), printable)) {
    return fail(ErrorCode::kUsage, "request: the target is not a path");
  }
  MINIONS_TRY(check_headers(headers));
  for (const Header& header : headers) {
    if (names_our_field(header.name))
      return fail(ErrorCode::kUsage, "request: " + header.name + " is not the caller's");
  }
  return {};
}

Status check_response(const ResponseHead& head) {
  const auto encoding = find(head.headers, "content-encoding");
  if (encoding && *encoding != "identity") {
    return fail(ErrorCode::kUnsupported, fmt::format("response: status {} is encoded as {}, which was not asked for",
                                                     head.status, encoding->substr(0, 40)));
  }
  return {};
}

}  // namespace

class ClientConnection {
 public:
  ClientConnection(std::unique_ptr<Stream> opened, const Origin& origin)
      : stream(std::move(opened)),
        key(key_of(origin)),
        pool_key(origin.pool_key),
        host(origin.url.authority()),
        output(BufferPool::of(stream->executor())) {}

  [[nodiscard]] MutableBytes unread() { return input.span(begin, end - begin); }
  void release_buffers() {
    input.release();
    output.release();
    begin = end = 0;
  }

  std::unique_ptr<Stream> stream;
  std::string key;
  std::string pool_key;  // a part of the key
  std::string host;
  ResponseParser parser;
  OutputBuffer output;
  Buffer input;
  std::size_t begin = 0;
  std::size_t end = 0;
  SteadyTime idle_since{};
};

// Connections waiting for their next request. Used on their io_context's thread, unless stated otherwise.
class ClientPool : public std::enable_shared_from_this<ClientPool> {
 public:
  ClientPool(Executor executor, const ClientOptions& options) : executor_(executor), options_(options) {}

  // The most recently used one that is still usable, or null.
  [[nodiscard]] std::unique_ptr<ClientConnection> take(const std::string& key) {
    drop_old();
    for (auto found = by_key_.find(key); found != by_key_.end(); found = by_key_.find(key)) {
      auto connection = remove(found->second.back());
      if (!connection->stream->has_unread_input()) return connection;
      ++broken_;
    }
    return nullptr;
  }

  void give(std::unique_ptr<ClientConnection> connection) {
    drop_old();
    const auto found = by_key_.find(connection->key);
    if ((found == by_key_.end() ? 0 : found->second.size()) >= options_.max_idle_per_origin) return;
    connection->release_buffers();
    connection->idle_since = std::chrono::steady_clock::now();
    const auto place = idle_.insert(idle_.end(), std::move(connection));
    by_key_[(*place)->key].push_back(place);
    if (idle_.size() > options_.max_idle) remove(idle_.begin());
  }

  void clear() {
    by_key_.clear();
    idle_.clear();
  }
  void clear(const std::string& pool_key) {
    for (auto at = idle_.begin(); at != idle_.end();) {
      const auto connection = at++;
      if ((*connection)->pool_key == pool_key) remove(connection);
    }
  }
  // From any thread.
  void clear_soon(const std::string& pool_key) {
    const std::lock_guard lock(mutex_);
    if (context_gone_) return;
    asio::post(executor_, [weak = weak_from_this(), pool_key] {
      if (const auto pool = weak.lock()) pool->clear(pool_key);
    });
  }
  // The io_context ends, and its threads have ended.
  void shut_down() {
    const std::lock_guard lock(mutex_);
    context_gone_ = true;
    clear();
  }
  [[nodiscard]] std::size_t size() const { return idle_.size(); }
  [[nodiscard]] std::uint64_t broken() const { return broken_; }

 private:
  using Idle = std::list<std::unique_ptr<ClientConnection>>;  // in the order in which they became idle

  std::unique_ptr<ClientConnection> remove(Idle::iterator place) {
    auto connection = std::move(*place);
    const auto found = by_key_.find(connection->key);
    std::erase(found->second, place);
    if (found->second.empty()) by_key_.erase(found);
    idle_.erase(place);
    return connection;
  }
  void drop_old() {
    const auto oldest = std::chrono::steady_clock::now() - options_.max_idle_time;
    while (!idle_.empty() && idle_.front()->idle_since <= oldest) remove(idle_.begin());
  }

  std::uint64_t broken_ = 0;
  Executor executor_;
  ClientOptions options_;
  Idle idle_;
  std::unordered_map<std::string, std::vector<Idle::iterator>> by_key_;  // no empty ones; in the same order
  std::mutex mutex_;                                                     // guards what follows
  bool context_gone_ = false;
};

namespace {

// Closes kept connections while their io_context still exists.
class ClientPools : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;
  using key_type = ClientPools;

  explicit ClientPools(asio::execution_context& context) : asio::execution_context::service(context) {}
  void add(std::weak_ptr<ClientPool> pool) {
    std::erase_if(pools_, [](const auto& weak) { return weak.expired(); });
    pools_.push_back(std::move(pool));
  }

 private:
  void shutdown() override {
    for (const auto& weak : pools_) {
      if (const auto pool = weak.lock()) pool->shut_down();
    }
  }

  std::vector<std::weak_ptr<ClientPool>> pools_;
};

asio::execution_context::id ClientPools::id;

}  // namespace

ClientExchange::ClientExchange(std::unique_ptr<ClientConnection> connection, Reuse reuse,
                               std::weak_ptr<ClientPool> pool, std::chrono::milliseconds write_stall)
    : connection_(std::move(connection)),
      pool_(std::move(pool)),
      write_stall_(write_stall),
      written_before_(connection_->stream->bytes_written()),
      reused_(reuse == Reuse::kKept) {}

ClientExchange::~ClientExchange() {
  if (connection_) connection_->stream->abort();
}

Task<Status> ClientExchange::send_head(RequestLine line, std::span<const Header> headers,
                                       std::optional<std::uint64_t> content_length) {
  if (!connection_) co_return fail(ErrorCode::kUsage, "request: the exchange has ended");
  MINIONS_CO_TRY(check_request(line, headers));
  body_left_ = content_length;
  connection_->parser.reset(line.method == "HEAD" ? RequestKind::kHead : RequestKind::kOther);

  fmt::memory_buffer head;
  const auto to = std::back_inserter(head);
  fmt::format_to(to, "{} {} HTTP/1.1\r\nHost: {}\r\n", line.method, line.target, connection_->host);
  for (const Header& header : headers) fmt::format_to(to, "{}: {}\r\n", header.name, header.value);
  const bool bodyless_method = line.method == "GET" || line.method == "HEAD";
  // Servers that read no body would take it for the next request on the connection.
  if (bodyless_method && content_length != 0)
    co_return fail(ErrorCode::kUsage, fmt::format("request: {} has no body", line.method));
  if (!content_length) {
    fmt::format_to(to, "Transfer-Encoding: chunked\r\n\r\n");
  } else if (bodyless_method) {
    fmt::format_to(to, "\r\n");
  } else {
    fmt::format_to(to, "Content-Length: {}\r\n\r\n", *content_length);
  }
  connection_->output.append({head.data(), head.size()});
  co_return Status{};
}

Task<Status> ClientExchange::write_body(ByteView bytes) {
  if (!connection_) co_return fail(ErrorCode::kUsage, "request: the exchange has ended");
  if (bytes.empty()) co_return Status{};
  if (body_left_) {
    if (bytes.size() > *body_left_) {
      co_return fail(ErrorCode::kUsage,
                     fmt::format("request body: {} bytes more than its length", bytes.size() - *body_left_));
    }
    *body_left_ -= bytes.size();
    co_return co_await send_output(bytes);
  }
  OutputBuffer& output = connection_->output;
  if (bytes.size() <= kCopiedChunk) {
    std::memcpy(output.chunk_space(bytes.size()).data(), bytes.data(), bytes.size());
    output.commit(bytes.size());
    output.end_chunk();
    co_return co_await send_output({});
  }
  output.append_chunk_head(bytes.size());
  MINIONS_CO_TRY(co_await send_output(bytes));
  output.append("\r\n");
  co_return Status{};
}

Task<Status> ClientExchange::finish_body() {
  if (!connection_) co_return fail(ErrorCode::kUsage, "request: the exchange has ended");
  if (body_left_.value_or(0) > 0) {
    co_return fail(ErrorCode::kUsage, fmt::format("request body: {} bytes short of its length", *body_left_));
  }
  if (!body_left_) connection_->output.append("0\r\n\r\n");
  if (connection_->output.size() > 0) {
    MINIONS_CO_TRY(co_await send_output({}));
  }
  request_done_ = true;
  co_return Status{};
}

Task<Status> ClientExchange::send(RequestLine line, std::span<const Header> headers, ByteView body) {
  MINIONS_CO_TRY(co_await send_head(line, headers, body.size()));
  MINIONS_CO_TRY(co_await write_body(body));
  co_return co_await finish_body();
}

Task<Status> ClientExchange::send_output(ByteView tail) {
  auto sent = co_await connection_->output.send_unless_stalled(*connection_->stream, tail, write_stall_);
  if (!sent && sent.error().code == ErrorCode::kNetwork) reset_ = true;
  co_return sent;
}

Task<Result<ResponseHead>> ClientExchange::read_head(Deadline deadline) {
  if (!connection_) co_return fail(ErrorCode::kUsage, "response: the exchange has ended");
  for (;;) {
    MINIONS_CO_TRY_ASSIGN(const Parsed parsed, connection_->parser.feed(connection_->unread()));
    connection_->begin += parsed.consumed;
    if (parsed.event == ParseEvent::kHead) break;
    MINIONS_CO_TRY_ASSIGN(const std::size_t count, co_await fill(deadline));
    if (count == 0) {
      reset_ = true;
      co_return fail(ErrorCode::kTruncated, "response: the connection ended before a whole head");
    }
  }
  ResponseHead head = connection_->parser.head();
  MINIONS_CO_TRY(check_response(head));
  // Without a body there is nothing to wait for, and the connection is free now.
  MINIONS_CO_TRY_ASSIGN(const Parsed rest, connection_->parser.feed({}));
  if (rest.event == ParseEvent::kEnd) response_complete();
  co_return head;
}

Task<Result<MutableBytes>> ClientExchange::read_body(Deadline deadline) {
  for (;;) {
    MINIONS_CO_TRY_ASSIGN(const std::optional<MutableBytes> received, read_received_body());
    if (received) co_return *received;
    MINIONS_CO_TRY_ASSIGN(const std::size_t count, co_await fill(deadline));
    if (count > 0) continue;
    MINIONS_CO_TRY(connection_->parser.at_end_of_input());
    response_complete();
  }
}

Result<std::optional<MutableBytes>> ClientExchange::read_received_body() {
  if (response_done_) return MutableBytes{};
  if (!connection_) return fail(ErrorCode::kUsage, "response: the exchange has ended");
  MINIONS_TRY_ASSIGN(const Parsed parsed, connection_->parser.feed(connection_->unread()));
  connection_->begin += parsed.consumed;
  if (parsed.event == ParseEvent::kBody) return parsed.body;
  if (parsed.event != ParseEvent::kEnd) return std::nullopt;
  response_complete();
  return MutableBytes{};
}

// Reads after the unread bytes; 0 is the end of the connection.
Task<Result<std::size_t>> ClientExchange::fill(Deadline deadline) {
  ClientConnection& connection = *connection_;
  if (!connection.input.held()) connection.input = BufferPool::of(connection.stream->executor()).take(kInputBytes);
  if (connection.begin == connection.end) {
    connection.begin = connection.end = 0;
  } else if (connection.end == connection.input.capacity()) {
    std::memmove(connection.input.data(), connection.unread().data(), connection.end - connection.begin);
    connection.end -= connection.begin;
    connection.begin = 0;
  }
  const MutableBytes space = connection.input.span(connection.end, connection.input.capacity() - connection.end);
  auto count = co_await connection.stream->read_some(space, deadline);
  if (count) {
    connection.end += *count;
    connection.input.mark_used(connection.end);
    got_response_byte_ = got_response_byte_ || *count > 0;
  } else if (count.error().code == ErrorCode::kNetwork || count.error().code == ErrorCode::kTruncated) {
    reset_ = true;
  }
  co_return count;
}

void ClientExchange::response_complete() {
  response_done_ = true;
  const bool fit = request_done_ && connection_->parser.head().keep_alive && connection_->begin == connection_->end;
  written_ = connection_->stream->bytes_written() - written_before_;
  last_input_ = std::move(connection_->input);
  if (const auto pool = pool_.lock(); pool && fit) pool->give(std::move(connection_));
  connection_.reset();
}

void ClientExchange::cancel() {
  if (connection_) connection_->stream->cancel();
}

bool ClientExchange::reused() const { return reused_; }
bool ClientExchange::reused_and_reset() const { return reused_ && reset_ && !got_response_byte_; }
std::uint64_t ClientExchange::bytes_written() const {
  return connection_ ? connection_->stream->bytes_written() - written_before_ : written_;
}
const Stream* ClientExchange::stream() const { return connection_ ? connection_->stream.get() : nullptr; }

HttpClient::HttpClient(Executor executor, const ClientOptions& options)
    : options_(options), pool_(std::make_shared<ClientPool>(executor, options)) {
  asio::use_service<ClientPools>(executor.context()).add(pool_);
}
HttpClient::~HttpClient() = default;

Task<Result<std::unique_ptr<ClientExchange>>> HttpClient::open(Origin origin, Deadline deadline) {
  if (auto kept = pool_->take(key_of(origin))) {
    co_return std::make_unique<ClientExchange>(std::move(kept), ClientExchange::Reuse::kKept, pool_,
                                               options_.write_stall);
  }
  co_return co_await open_new(std::move(origin), deadline);
}

Task<Result<std::unique_ptr<ClientExchange>>> HttpClient::open_new(Origin origin, Deadline deadline) {
  const Url& url = origin.url;
  if ((url.scheme == Scheme::kHttps) != (origin.tls != nullptr)) {
    co_return fail(ErrorCode::kUsage, url.origin() + ": tls settings are for https, and https needs them");
  }
  MINIONS_CO_TRY_ASSIGN(std::unique_ptr<Stream> stream, co_await Stream::connect({url.host, url.port}, deadline));
  if (origin.tls) {
    auto shaken = co_await stream->connect_tls(*origin.tls, url.host, deadline);
    if (!shaken) co_return fail(std::move(shaken).error().in(url.origin()));
  }
  if (origin.on_connected) MINIONS_CO_TRY(origin.on_connected(*stream));
  auto connection = std::make_unique<ClientConnection>(std::move(stream), origin);
  co_return std::make_unique<ClientExchange>(std::move(connection), ClientExchange::Reuse::kNew, pool_,
                                             options_.write_stall);
}

void HttpClient::close_idle() { pool_->clear(); }
void HttpClient::close_idle(const std::string& pool_key) { pool_->clear_soon(pool_key); }
std::size_t HttpClient::idle() const { return pool_->size(); }
std::uint64_t HttpClient::broken_while_kept() const { return pool_->broken(); }

}  // namespace minions::net
