// One TCP connection, plain or TLS, on one io_context. Each operation first tries without waiting, and only then waits
// for the socket. One read and one write may wait at the same time, and any number of wait_readable.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "net/address.h"
#include "net/deadlines.h"
#include "net/tls.h"

namespace minions::net {

struct Endpoint {
  // Not an aggregate: GCC 12 destroys the members of a braced temporary twice in a co_await.
  Endpoint(std::string to_host, std::uint16_t to_port) : host(std::move(to_host)), port(to_port) {}
  std::string host;  // a name or an address, IPv6 without brackets
  std::uint16_t port;
};

class Stream {
 public:
  explicit Stream(Socket socket);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Resolves and connects, trying each address in turn. Plain until connect_tls.
  [[nodiscard]] static Task<Result<std::unique_ptr<Stream>>> connect(Endpoint endpoint, Deadline deadline);
  // The TLS handshake, on a connection on which nothing was sent.
  [[nodiscard]] Task<Status> accept_tls(const TlsServerContext& context, Deadline deadline);
  [[nodiscard]] Task<Status> connect_tls(const TlsClientContext& context, const std::string& server_name,
                                         Deadline deadline);

  // 0 is the orderly end: FIN, or close_notify under TLS. TLS that ends without it is kTruncated.
  [[nodiscard]] Task<Result<std::size_t>> read_some(MutableBytes to, Deadline deadline);
  // What is available now, without waiting: nothing if there is nothing, otherwise like read_some.
  [[nodiscard]] Result<std::optional<std::size_t>> read_now(MutableBytes to);
  [[nodiscard]] Task<Status> write_all(ByteView bytes, Deadline deadline);
  // Waits for something to read. It can return early: read_now shows it.
  [[nodiscard]] Task<Status> wait_readable(Deadline deadline);
  // Whether the peer has disconnected, as far as can be seen now: FIN, reset or close_notify, even after bytes not yet
  // read.
  [[nodiscard]] bool peer_closed();
  // Unrequested bytes are there, or the peer has disconnected: not usable for another request.
  [[nodiscard]] bool has_unread_input();

  // Pending calls return kCancelled, and so does everything after.
  void cancel();
  // Announces to the peer by close_notify and FIN that nothing more will come; reading continues.
  void shutdown_write();
  // With close_notify if the stream is intact; does not wait.
  void close();
  // Without close_notify: the peer must not take what it has for the whole.
  void abort();

  [[nodiscard]] Executor executor() { return socket_.get_executor(); }
  // Bytes of ours that the system accepted, without TLS's own.
  [[nodiscard]] std::uint64_t bytes_written() const { return bytes_written_; }
  [[nodiscard]] bool is_tls() const { return ssl_ != nullptr; }
  [[nodiscard]] const asio::ip::address& peer_address() const { return peer_address_; }
  [[nodiscard]] bool peer_is_loopback() const { return is_loopback(peer_address_); }
  // Of the leaf that the peer presented in this TLS connection. Fails on a plain one and if the peer presented none.
  [[nodiscard]] Result<Digest32> peer_spki_sha256() const;

 private:
  enum class Outcome { kDone, kWantRead, kWantWrite, kEnd, kTruncated, kFailed };
  struct Attempt {
    Outcome outcome;
    std::size_t count = 0;
  };
  class Wait;

  Attempt try_read(MutableBytes to);
  Attempt try_peek();
  Attempt try_write(ByteView bytes);
  Attempt tls_attempt(int result, std::size_t count);
  Attempt failed(int system_error);
  [[nodiscard]] Error failure_of(const Attempt& attempt, const char* what) const;
  [[nodiscard]] bool poll_for(short events) const;
  [[nodiscard]] Task<Status> handshake(Deadline deadline);
  [[nodiscard]] Task<Status> wait(Socket::wait_type type, Deadline deadline);
  // Of a plain connection: waits and reads in one. Nothing: woken for another reason.
  [[nodiscard]] Task<Result<std::optional<std::size_t>>> receive(MutableBytes to, Deadline deadline);
  [[nodiscard]] Status after_wait(const Deadlines::Entry& entry, const boost::system::error_code& error);
  [[nodiscard]] Task<void> yield_turn();

  Socket socket_;
  Deadlines& deadlines_;
  SslPtr ssl_;
  asio::ip::address peer_address_;
  std::string last_error_;  // why the last attempt failed
  std::uint64_t bytes_written_ = 0;
  int turns_left_;  // operations without waiting before others on this thread get their turn
  bool cancelled_ = false;
  bool broken_ = false;  // TLS state that must no longer be used for writing
  bool write_shut_ = false;
  bool is_drained_ = false;  // the last read of a plain connection left room: it took all that was there
};

}  // namespace minions::net
