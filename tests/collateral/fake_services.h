// The vendors' services on loopback: answers by path, and what was asked.
#pragma once

#include <map>
#include <mutex>

#include "collateral/sources.h"
#include "net/http_server.h"
#include "net/io_thread.h"

namespace minions::collateral {

class FakeServices {
 public:
  struct Answer {
    Bytes body;
    int status = 200;
    net::Headers headers = {};
    bool hangs = false;
    int refusals = 0;  // answers with `refusal` that come first
    int refusal = 429;
  };

  FakeServices() {
    net::ignore_sigpipe();
    server_ = std::make_unique<net::HttpServer>(net::ServerOptions{});
    const auto port =
        server_->listen({.address = "127.0.0.1", .port = 0, .handler = [this](net::HttpExchange& exchange) {
                           return serve(exchange);
                         }});
    address_ = "http://127.0.0.1:" + std::to_string(*port);
  }

  // path: with its query.
  void answer(const std::string& path, Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_[path] = std::move(answer);
  }
  [[nodiscard]] std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    asked_.clear();
  }
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] Sources sources() const {
    return {.amd = address_,
            .intel = address_,
            .intel_root = address_,
            .nvidia_rim = address_,
            .nvidia_ocsp = address_,
            .nras = address_,
            .ca_file = std::nullopt};
  }

 private:
  net::Task<void> serve(net::HttpExchange& exchange) {
    for (;;) {
      const auto piece = co_await exchange.read_body(net::deadline_in(std::chrono::seconds(5)));
      if (!piece || piece->empty()) break;
    }
    Answer answer{.body = {}, .status = 404};
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(exchange.head().target);
      if (const auto found = answers_.find(exchange.head().target); found != answers_.end()) {
        answer = found->second;
        if (found->second.refusals > 0) {
          --found->second.refusals;
          answer.status = answer.refusal;
        }
      }
    }
    if (answer.hangs) {
      net::Timer timer(exchange.executor(), std::chrono::seconds(30));
      exchange.on_peer_gone([&timer] { timer.cancel(); });
      co_await timer.async_wait(net::use_task_tuple);
      co_return;
    }
    (void)co_await exchange.reply(answer.status, answer.headers, answer.body);
  }

  mutable std::mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::vector<std::string> asked_;
  std::string address_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace minions::collateral
