// An HTTP/1.1 server: listeners, threads with one io_context each, and connections that stay on their thread. The
// handler interprets requests.
#pragma once

#include <memory>
#include <vector>

#include "net/address.h"
#include "net/http_exchange.h"
#include "net/io_thread.h"
#include "net/tls.h"

namespace minions::net {

struct ServerLimits {
  std::chrono::milliseconds header_time{10'000};  // from the first byte to the end of the head; TLS handshake too
  std::chrono::milliseconds idle_time{75'000};    // between requests
  std::chrono::milliseconds write_stall{30'000};  // of reply(); streamed replies have their own deadlines
  std::size_t unread_body_bytes = std::size_t{256} * 1024;  // read and dropped to keep a connection
};

struct ServerOptions {
  std::size_t threads = 1;
  ServerLimits limits;
};

enum class ConnectionLimit { kAll, kAddress };

struct ListenOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                       // 0: any free one
  std::shared_ptr<const TlsServerContext> tls;  // null: plain
  std::size_t max_connections = 10'000;         // further ones are closed as they come
  // Of them for one name that counted_as returns for an address; an address without a name is not counted.
  std::size_t max_connections_of_address = 10'000;
  std::function<std::optional<std::string>(const IpAddress&)> counted_as;
  std::function<void(ConnectionLimit)> on_refused;  // both from one thread of the server
  Handler handler;
};

class HttpServer {
 public:
  explicit HttpServer(const ServerOptions& options);
  // Closes everything at once. Destroys waiting handlers: what they use must outlive the server.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Serves at once; may be called again for further addresses. Returns the bound port.
  [[nodiscard]] Result<std::uint16_t> listen(ListenOptions options);

  [[nodiscard]] std::size_t threads() const;
  [[nodiscard]] asio::io_context& thread(std::size_t index);
  [[nodiscard]] std::size_t connections() const;

  // Stops accepting, closes idle connections, lets running exchanges end, then returns. At the deadline it calls
  // on_peer_gone of those still running, closes their connections and returns kTimeout. Blocks; not from a handler.
  [[nodiscard]] Status drain(Deadline deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace minions::net
