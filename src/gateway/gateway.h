// The gateway: HTTP endpoints over the session core, the attestation service and a backend (docs/protocol.md section
// 2).
#pragma once

#include <span>

#include "gateway/request_receiver.h"
#include "net/http_server.h"

namespace minions::gateway {

class Gateway {
 public:
  explicit Gateway(std::unique_ptr<Context> context);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // For the public listener, and for the admin one, which is plain and without access rules: only /metrics, /healthz
  // and /readyz. Valid while the gateway lives.
  [[nodiscard]] net::Handler handler();
  [[nodiscard]] net::Handler admin_handler();
  // The limits on connections, for the public listener.
  void limit_connections(net::ListenOptions& options);

  // Closes what has expired. Call about once a second, from any thread.
  void sweep();
  // From now on nothing new is started: 503.
  void start_draining() { context_->draining = true; }
  [[nodiscard]] Context& context() { return *context_; }

 private:
  struct Endpoint;
  static const Endpoint kPublic[];
  static const Endpoint kAdmin[];

  [[nodiscard]] net::Task<void> dispatch(net::HttpExchange& http);
  [[nodiscard]] net::Task<void> serve(net::HttpExchange& http, std::span<const Endpoint> endpoints);
  [[nodiscard]] net::Task<void> attestation(net::HttpExchange& http);
  [[nodiscard]] net::Task<void> session(net::HttpExchange& http);
  [[nodiscard]] net::Task<tl::expected<ReceivedRequest, PlainError>> receive(net::HttpExchange& http,
                                                                             session::ServerSession& session,
                                                                             std::shared_ptr<StreamStop> stop);
  [[nodiscard]] net::Task<void> stream(net::HttpExchange& http);
  [[nodiscard]] net::Task<void> health(net::HttpExchange& http);
  [[nodiscard]] net::Task<void> readiness(net::HttpExchange& http);
  [[nodiscard]] net::Task<void> metrics(net::HttpExchange& http);
  [[nodiscard]] bool ready() const;
  [[nodiscard]] net::Task<tl::expected<Bytes, PlainError>> handshake_body(net::HttpExchange& http);
  [[nodiscard]] PlainError failure(net::HttpExchange& http, int status);

  std::unique_ptr<Context> context_;
};

}  // namespace minions::gateway
