// A server on loopback and a client on the test's own thread, plain or under TLS.
#pragma once

#include <gtest/gtest.h>

#include "net/certificates.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace minions::net {

using namespace std::chrono_literals;

enum class Transport { kPlain, kTls };

inline const TestCertificate& test_certificate() {
  static const TestCertificate certificate("server.test");
  return certificate;
}

class ServerFixture : public testing::TestWithParam<Transport> {
 protected:
  void SetUp() override {
    ignore_sigpipe();
    if (GetParam() == Transport::kTls) {
      auto server = TlsServerContext::load(test_certificate().certificate_file(), test_certificate().key_file());
      ASSERT_TRUE(server) << server.error().detail;
      server_tls_ = *server;
      auto client = TlsClientContext::create({PeerVerification::kWebPki, test_certificate().certificate_file()});
      ASSERT_TRUE(client) << client.error().detail;
      client_tls_ = *client;
    }
  }

  void serve(Handler handler, ServerOptions options = {}) {
    server_ = std::make_unique<HttpServer>(options);
    ListenOptions listen;
    listen.tls = server_tls_;
    listen.handler = std::move(handler);
    const auto port = server_->listen(std::move(listen));
    ASSERT_TRUE(port) << port.error().detail;
    origin_.url = *Url::parse((server_tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(*port));
    origin_.tls = client_tls_;
  }

  template <class T>
  [[nodiscard]] T run(Task<T> task) {
    return run_until_done(context_, std::move(task));
  }
  [[nodiscard]] std::unique_ptr<ClientExchange> open() {
    auto exchange = run(client_.open(origin_, deadline_in(5s)));
    EXPECT_TRUE(exchange) << exchange.error().detail;
    return exchange ? std::move(*exchange) : nullptr;
  }
  // A connection that speaks HTTP as the test pleases.
  [[nodiscard]] std::unique_ptr<Stream> connect() {
    auto stream = run(Stream::connect({origin_.url.host, origin_.url.port}, deadline_in(5s)));
    EXPECT_TRUE(stream) << stream.error().detail;
    if (client_tls_) {
      const auto shaken = run((*stream)->connect_tls(*client_tls_, "server.test", deadline_in(5s)));
      EXPECT_TRUE(shaken) << shaken.error().detail;
    }
    return std::move(*stream);
  }
  void send(Stream& stream, std::string_view text) {
    const auto sent = run(stream.write_all(as_bytes(text), deadline_in(5s)));
    EXPECT_TRUE(sent) << sent.error().detail;
  }
  // Until the server closes, or until the text ends with `end`.
  [[nodiscard]] std::string receive(Stream& stream, std::string_view end = {}) {
    std::string text;
    Bytes buffer(64 * 1024);
    while (end.empty() || text.size() < end.size() || text.substr(text.size() - end.size()) != end) {
      const auto count = run(stream.read_some(buffer, deadline_in(10s)));
      if (!count || *count == 0) break;
      text += as_text(ByteView(buffer).first(*count));
    }
    return text;
  }
  [[nodiscard]] Result<std::string> body_of(ClientExchange& exchange) {
    return run([](ClientExchange& from) -> Task<Result<std::string>> {
      std::string body;
      for (;;) {
        MINIONS_CO_TRY_ASSIGN(const MutableBytes piece, co_await from.read_body(deadline_in(10s)));
        if (piece.empty()) co_return body;
        body += as_text(piece);
      }
    }(exchange));
  }
  // POSTs `body` and returns status and reply body.
  [[nodiscard]] Result<std::pair<int, std::string>> post(std::string_view target, std::string_view body) {
    auto exchange = open();
    MINIONS_TRY(run(exchange->send({"POST", target}, {}, as_bytes(body))));
    MINIONS_TRY_ASSIGN(const ResponseHead head, run(exchange->read_head(deadline_in(10s))));
    MINIONS_TRY_ASSIGN(std::string text, body_of(*exchange));
    return std::pair(head.status, std::move(text));
  }

  std::shared_ptr<TlsServerContext> server_tls_;
  std::shared_ptr<const TlsClientContext> client_tls_;
  asio::io_context context_;
  HttpClient client_{context_.get_executor(), ClientOptions{}};
  Origin origin_;
  std::unique_ptr<HttpServer> server_;
};

inline std::string transport_name(const testing::TestParamInfo<Transport>& info) {
  return info.param == Transport::kTls ? "Tls" : "Plain";
}

// Reads the whole body and gives it back.
inline Task<void> echo(HttpExchange& exchange) {
  std::string body;
  for (;;) {
    const auto piece = co_await exchange.read_body(deadline_in(10s));
    if (!piece) {
      (void)co_await exchange.reply(piece.error().code == ErrorCode::kTimeout ? 408 : 400, {}, {});
      co_return;
    }
    if (piece->empty()) break;
    body += as_text(*piece);
  }
  (void)co_await exchange.reply(200, {}, as_bytes(body));
}

}  // namespace minions::net
