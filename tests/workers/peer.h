// A model server on loopback that gives scripted replies over real sockets and keeps what it was asked.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <mutex>

#include "net/http_server.h"

namespace minions::workers {

struct PeerReply {
  int status = 200;
  std::string body;
  net::Headers headers = {{"Content-Type", "text/event-stream"}};
  bool byte_by_byte = false;  // each byte in a write of its own
  bool cut = false;           // the connection ends where the body does, without its end
};

struct PeerRequest {
  std::string target;
  net::Headers headers;
  std::string body;
};

class Peer {
 public:
  Peer() : server_(net::ServerOptions{}) {
    net::ListenOptions listen;
    listen.handler = [this](net::HttpExchange& exchange) { return handle(exchange); };
    const auto port = server_.listen(std::move(listen));
    EXPECT_TRUE(port) << port.error().detail;
    port_ = *port;
  }

  // In this order; the last one stays.
  void script(std::deque<PeerReply> replies) {
    const std::lock_guard lock(mutex_);
    replies_ = std::move(replies);
    requests_.clear();
  }
  [[nodiscard]] std::vector<PeerRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] net::Url url(std::string_view path = "") const {
    return *net::Url::parse("http://127.0.0.1:" + std::to_string(port_) + std::string(path));
  }

 private:
  net::Task<void> handle(net::HttpExchange& exchange) {
    PeerRequest request{exchange.head().target, exchange.head().headers, {}};
    for (;;) {
      const auto piece = co_await exchange.read_body(net::deadline_in(std::chrono::seconds(10)));
      if (!piece || piece->empty()) break;
      request.body += as_text(*piece);
    }
    PeerReply reply;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::move(request));
      reply = replies_.front();
      if (replies_.size() > 1) replies_.pop_front();
    }
    if (!exchange.begin_reply(reply.status, reply.headers)) co_return;
    const std::size_t step = reply.byte_by_byte ? 1 : std::max<std::size_t>(reply.body.size(), 1);
    for (std::size_t at = 0; at < reply.body.size(); at += step) {
      const std::size_t count = std::min(step, reply.body.size() - at);
      const MutableBytes space = exchange.reply_space(count);
      std::copy_n(reply.body.begin() + static_cast<std::ptrdiff_t>(at), count, space.begin());
      exchange.commit(count);
      if (!co_await exchange.flush(net::deadline_in(std::chrono::seconds(10)))) co_return;
    }
    if (reply.cut) co_return exchange.abort();
    (void)co_await exchange.finish(net::deadline_in(std::chrono::seconds(10)));
  }

  mutable std::mutex mutex_;
  std::deque<PeerReply> replies_;
  std::vector<PeerRequest> requests_;
  std::uint16_t port_ = 0;
  net::HttpServer server_;  // last: its handlers use the rest
};

}  // namespace minions::workers
