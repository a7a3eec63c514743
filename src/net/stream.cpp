#include "net/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>

namespace minions::net {
namespace {

// A peer that always has bytes ready would otherwise occupy its thread.
constexpr int kTurns = 32;

}  // namespace

class Stream::Wait final : public Deadlines::Entry {
 public:
  Wait(Stream& stream, Deadline deadline) : Entry(stream.deadlines_, deadline), stream_(stream) {}

 private:
  // Wakes the stream's other wait too, which finds that it has not expired and continues.
  void cancel_operation() override {
    boost::system::error_code ignored;
    stream_.socket_.cancel(ignored);
  }

  Stream& stream_;
};

Stream::Stream(Socket socket)
    : socket_(std::move(socket)), deadlines_(Deadlines::of(socket_.get_executor())), turns_left_(kTurns) {
  boost::system::error_code error;
  socket_.native_non_blocking(true, error);
  socket_.set_option(tcp::no_delay(true), error);
  const auto endpoint = socket_.remote_endpoint(error);
  if (!error) peer_address_ = endpoint.address();
}

Stream::~Stream() { close(); }

Task<Status> Stream::accept_tls(const TlsServerContext& context, Deadline deadline) {
  MINIONS_CO_TRY_ASSIGN(ssl_, context.new_connection(socket_.native_handle()));
  co_return co_await handshake(deadline);
}

Task<Status> Stream::connect_tls(const TlsClientContext& context, const std::string& server_name, Deadline deadline) {
  MINIONS_CO_TRY_ASSIGN(ssl_, context.new_connection(socket_.native_handle(), server_name));
  co_return co_await handshake(deadline);
}

Task<Status> Stream::handshake(Deadline deadline) {
  for (;;) {
    if (cancelled_) co_return fail(ErrorCode::kCancelled, "tls handshake: cancelled");
    ERR_clear_error();
    const Attempt attempt = tls_attempt(SSL_do_handshake(ssl_.get()), 0);
    switch (attempt.outcome) {
      case Outcome::kDone: co_return Status{};
      case Outcome::kWantRead: MINIONS_CO_TRY(co_await wait(Socket::wait_read, deadline)); break;
      case Outcome::kWantWrite: MINIONS_CO_TRY(co_await wait(Socket::wait_write, deadline)); break;
      case Outcome::kEnd:
      case Outcome::kTruncated:
      case Outcome::kFailed: {
        broken_ = true;
        Error error = failure_of(attempt, "tls handshake");
        const long verified = SSL_get_verify_result(ssl_.get());
        if (verified != X509_V_OK) {
          error.detail += std::string(": ") + X509_verify_cert_error_string(verified);
          error.cause = Cause::kCertificate;
        }
        co_return fail(std::move(error));
      }
    }
  }
}

Task<Result<std::size_t>> Stream::read_some(MutableBytes to, Deadline deadline) {
  for (;;) {
    if (cancelled_) co_return fail(ErrorCode::kCancelled, "read: cancelled");
    const Attempt attempt = std::exchange(is_drained_, false) ? Attempt{Outcome::kWantRead} : try_read(to);
    switch (attempt.outcome) {
      case Outcome::kDone:
        if (--turns_left_ <= 0) co_await yield_turn();
        co_return attempt.count;
      case Outcome::kEnd: co_return std::size_t{0};
      case Outcome::kWantRead: {
        if (ssl_) {
          MINIONS_CO_TRY(co_await wait(Socket::wait_read, deadline));
          break;
        }
        MINIONS_CO_TRY_ASSIGN(const std::optional<std::size_t> count, co_await receive(to, deadline));
        if (count) co_return *count;
        break;
      }
      case Outcome::kWantWrite: MINIONS_CO_TRY(co_await wait(Socket::wait_write, deadline)); break;
      case Outcome::kTruncated:
      case Outcome::kFailed: co_return fail(failure_of(attempt, "read"));
    }
  }
}

Task<Status> Stream::write_all(ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    if (cancelled_) co_return fail(ErrorCode::kCancelled, "write: cancelled");
    const Attempt attempt = try_write(bytes);
    switch (attempt.outcome) {
      case Outcome::kDone:
        bytes = bytes.subspan(attempt.count);
        bytes_written_ += attempt.count;
        if (--turns_left_ <= 0) co_await yield_turn();
        break;
      case Outcome::kWantRead: MINIONS_CO_TRY(co_await wait(Socket::wait_read, deadline)); break;
      case Outcome::kWantWrite: MINIONS_CO_TRY(co_await wait(Socket::wait_write, deadline)); break;
      case Outcome::kEnd:
      case Outcome::kTruncated:
      case Outcome::kFailed: co_return fail(failure_of(attempt, "write"));
    }
  }
  co_return Status{};
}

Result<std::optional<std::size_t>> Stream::read_now(MutableBytes to) {
  if (cancelled_) return fail(ErrorCode::kCancelled, "read: cancelled");
  const Attempt attempt = try_read(to);
  switch (attempt.outcome) {
    case Outcome::kDone: return attempt.count;
    case Outcome::kEnd: return std::size_t{0};
    case Outcome::kWantRead:
    case Outcome::kWantWrite: return std::nullopt;
    case Outcome::kTruncated:
    case Outcome::kFailed: break;
  }
  return fail(failure_of(attempt, "read"));
}

Task<Status> Stream::wait_readable(Deadline deadline) {
  // TLS may hold bytes that the socket no longer shows. Part of a record is not readable yet.
  if (ssl_ && !cancelled_ && SSL_has_pending(ssl_.get()) == 1 && try_peek().outcome != Outcome::kWantRead) {
    co_return Status{};
  }
  co_return co_await wait(Socket::wait_read, deadline);
}

Task<Status> Stream::wait(Socket::wait_type type, Deadline deadline) {
  if (cancelled_) co_return fail(ErrorCode::kCancelled, "connection: cancelled");
  Wait entry(*this, deadline);
  boost::system::error_code error;
  if (type == Socket::wait_read) {
    // Not async_wait, for which asio re-arms epoll: that costs a call, and another for the socket's being writable,
    // which epoll then reports at once. Peeking for a byte costs less.
    std::uint8_t byte = 0;
    const auto [peeked, count] =
        co_await socket_.async_receive(asio::buffer(&byte, 1), Socket::message_peek, use_task_tuple);
    if (peeked != asio::error::eof) error = peeked;
  } else {
    const auto [waited] = co_await socket_.async_wait(type, use_task_tuple);
    error = waited;
  }
  co_return after_wait(entry, error);
}

Status Stream::after_wait(const Deadlines::Entry& entry, const boost::system::error_code& error) {
  turns_left_ = kTurns;
  if (cancelled_) return fail(ErrorCode::kCancelled, "connection: cancelled");
  if (entry.expired()) return fail(ErrorCode::kTimeout, "connection: the deadline passed");
  if (error && error != asio::error::operation_aborted)
    return fail(ErrorCode::kNetwork, "connection: " + error.message());
  return {};
}

// Two system calls less for each piece of a stream than wait() and try_read().
Task<Result<std::optional<std::size_t>>> Stream::receive(MutableBytes to, Deadline deadline) {
  Wait entry(*this, deadline);
  const auto [error, count] = co_await socket_.async_receive(asio::buffer(to.data(), to.size()), use_task_tuple);
  const bool is_end = error == asio::error::eof;
  if (cancelled_ || (error && !is_end)) {
    MINIONS_CO_TRY(after_wait(entry, error));
    co_return std::nullopt;
  }
  turns_left_ = kTurns;
  is_drained_ = !is_end && count < to.size();
  co_return is_end ? 0 : count;
}

Task<void> Stream::yield_turn() {
  turns_left_ = kTurns;
  co_await asio::post(socket_.get_executor(), use_task);
}

Stream::Attempt Stream::try_read(MutableBytes to) {
  if (ssl_) {
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), to.data(), to.size(), &count);
    return tls_attempt(result, count);
  }
  const ssize_t count = ::recv(socket_.native_handle(), to.data(), to.size(), MSG_DONTWAIT);
  if (count > 0) {
    is_drained_ = static_cast<std::size_t>(count) < to.size();
    return {Outcome::kDone, static_cast<std::size_t>(count)};
  }
  if (count == 0) return {Outcome::kEnd};
  if (errno == EAGAIN || errno == EINTR) return {Outcome::kWantRead};
  return failed(errno);
}

Stream::Attempt Stream::try_peek() {
  std::uint8_t byte = 0;
  std::size_t count = 0;
  ERR_clear_error();
  const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &count);
  return tls_attempt(result, count);
}

Stream::Attempt Stream::try_write(ByteView bytes) {
  if (ssl_) {
    if (broken_) return {Outcome::kFailed};
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    return tls_attempt(result, count);
  }
  const ssize_t count = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) return {Outcome::kDone, static_cast<std::size_t>(count)};
  if (errno == EAGAIN || errno == EINTR) return {Outcome::kWantWrite};
  return failed(errno);
}

Stream::Attempt Stream::tls_attempt(int result, std::size_t count) {
  if (result == 1) return {Outcome::kDone, count};
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {Outcome::kWantRead};
    case SSL_ERROR_WANT_WRITE: return {Outcome::kWantWrite};
    case SSL_ERROR_ZERO_RETURN: return {Outcome::kEnd};
    case SSL_ERROR_SYSCALL: broken_ = true; return failed(system_error);
    default:
      broken_ = true;
      if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return {Outcome::kTruncated};
      }
      last_error_ = last_tls_error();
      return {Outcome::kFailed};
  }
}

Stream::Attempt Stream::failed(int system_error) {
  last_error_ = std::generic_category().message(system_error);
  return {Outcome::kFailed};
}

Error Stream::failure_of(const Attempt& attempt, const char* what) const {
  switch (attempt.outcome) {
    case Outcome::kTruncated: return {ErrorCode::kTruncated, std::string(what) + ": tls ended without close_notify"};
    case Outcome::kEnd: return {ErrorCode::kNetwork, std::string(what) + ": the peer closed the connection"};
    case Outcome::kDone:
    case Outcome::kWantRead:
    case Outcome::kWantWrite:
    case Outcome::kFailed: break;
  }
  return {ErrorCode::kNetwork,
          std::string(what) + ": " + (last_error_.empty() ? "the connection is broken" : last_error_)};
}

bool Stream::poll_for(short events) const {
  pollfd descriptor{const_cast<Socket&>(socket_).native_handle(), events, 0};
  return ::poll(&descriptor, 1, 0) > 0 && (descriptor.revents & (events | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

bool Stream::peer_closed() {
  if (cancelled_ || !socket_.is_open() || poll_for(POLLRDHUP)) return true;
  if (!ssl_) return false;
  switch (try_peek().outcome) {
    case Outcome::kDone:
    case Outcome::kWantRead:
    case Outcome::kWantWrite: return false;
    case Outcome::kEnd:
    case Outcome::kTruncated:
    case Outcome::kFailed: return true;
  }
  return true;
}

bool Stream::has_unread_input() {
  if (!ssl_) return cancelled_ || !socket_.is_open() || poll_for(POLLIN | POLLRDHUP);
  if (peer_closed()) return true;
  return SSL_has_pending(ssl_.get()) == 1;  // peer_closed has read something that was not data
}

void Stream::cancel() {
  cancelled_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Stream::shutdown_write() {
  if (write_shut_ || !socket_.is_open()) return;
  write_shut_ = true;
  if (ssl_ && !broken_ && SSL_is_init_finished(ssl_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::close() {
  shutdown_write();
  abort();
}

void Stream::abort() {
  cancelled_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

Result<Digest32> Stream::peer_spki_sha256() const {
  X509* certificate = ssl_ ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
  if (certificate == nullptr) return fail(ErrorCode::kUsage, "tls: the peer showed no certificate");
  return spki_sha256_of(certificate);
}

}  // namespace minions::net
