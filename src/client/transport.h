// The way to one server: dials it, keeps the cookies that its balancer routes by, and reports what is known of a
// connection. Judges no key: senders check the connection first.
#pragma once

#include <map>
#include <stop_token>

#include "attestation/core/appraise.h"
#include "net/http_client.h"

namespace minions::client {

struct TransportOptions {
  net::Url server;
  std::shared_ptr<const net::TlsClientContext> tls;  // null for http
  std::chrono::milliseconds connect_time{10'000};    // name, connection and TLS handshake
};

struct PlainReply {
  int status = 0;
  net::Headers headers;
  Bytes body;
};

// An unsealed request, and how much of its reply to read.
struct PlainRequest {
  std::string method;
  std::string path;  // with its query; prefixed with the server's base path
  ByteView body;
  std::size_t reply_limit_bytes = 0;
  net::Deadline deadline = net::kNoDeadline;
};

class Transport {
 public:
  // kUsage for http:// to anything but loopback.
  [[nodiscard]] static Result<Transport> create(net::Executor executor, TransportOptions options);

  // A connection on which nothing of this exchange was written. Over http:// its peer is loopback, whatever the name
  // resolved to (kRefused otherwise). kCancelled as soon as stop is requested.
  [[nodiscard]] net::Task<Result<std::unique_ptr<net::ClientExchange>>> open(std::stop_token stop) const;
  // One whole exchange on an open connection.
  [[nodiscard]] net::Task<Result<PlainReply>> fetch(net::ClientExchange& exchange, const PlainRequest& request,
                                                    std::stop_token stop) const;

  [[nodiscard]] std::string target(std::string_view path) const {
    return options_.server.base_path + std::string(path);
  }
  // The cookies, which every request carries.
  [[nodiscard]] net::Headers headers() const;
  void take_cookies(const net::Headers& reply);
  // scheme://authority/base, as errors and logs name the server.
  [[nodiscard]] std::string address() const { return options_.server.origin() + options_.server.base_path; }

 private:
  Transport(net::Executor executor, TransportOptions options);

  TransportOptions options_;
  std::shared_ptr<net::HttpClient> http_;  // shared with a dial that was abandoned and ends later
  net::Executor executor_;
  std::map<std::string, std::string> cookies_;
};

// What appraisal and pins are checked against. Only while the exchange is not complete.
[[nodiscard]] attestation::ServerConnection describe(const net::ClientExchange& exchange);

// An unsealed reply that ends an exchange, as an error. Its body is a hint that anyone on the path can forge.
[[nodiscard]] Error plain_error(std::string_view what, int status, ByteView body);

}  // namespace minions::client
