#include "net/http_server.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/post.hpp>

#include "net/http_connection.h"

namespace minions::net {
namespace {

// Out of file descriptors or memory: others must end first, and retrying at once would only waste time.
constexpr std::chrono::milliseconds kAcceptPause{100};
// After the deadline of a drain, for handlers to see that their peer has disconnected.
constexpr std::chrono::milliseconds kLastMoments{1'000};

Result<Acceptor> open_acceptor(Executor executor, const ListenOptions& options) {
  const std::string where = "listen " + options.address + " port " + std::to_string(options.port);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return fail(ErrorCode::kUsage, where + ": not an IP address");
  const tcp::endpoint endpoint(address, options.port);
  Acceptor acceptor(executor);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(ErrorCode::kIo, where + ": " + error.message());
  return acceptor;
}

// The limit that this connection exceeds; otherwise it has its permit.
std::optional<ConnectionLimit> limit_of(Accepted& accepted) {
  Listener& listener = *accepted.listener;
  const ListenOptions& options = listener.options;
  if (listener.connections >= options.max_connections) return ConnectionLimit::kAll;
  if (!options.counted_as) return std::nullopt;
  boost::system::error_code error;
  const auto peer = accepted.socket.remote_endpoint(error);
  if (error) return std::nullopt;  // it has already disconnected
  const auto name = options.counted_as(peer.address());
  if (!name) return std::nullopt;
  accepted.permit = listener.by_address.acquire(*name, options.max_connections_of_address);
  return accepted.permit ? std::nullopt : std::optional(ConnectionLimit::kAddress);
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(const ServerOptions& options) {
    for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i) {
      threads.push_back(std::make_unique<ServerThread>(options.limits, connections, draining));
    }
  }

  [[nodiscard]] Task<void> accept_loop(std::shared_ptr<Acceptor> acceptor, std::shared_ptr<Listener> listener);
  void take(Socket socket, ServerThread& thread, const std::shared_ptr<Listener>& listener);
  [[nodiscard]] bool wait_for_none(Deadline deadline) const;

  std::atomic<std::size_t> connections = 0;
  std::atomic<bool> draining = false;
  std::size_t next_thread = 0;                         // of the first thread
  std::vector<std::weak_ptr<Acceptor>> acceptors;      // of the first thread; their loops own them
  std::vector<std::unique_ptr<ServerThread>> threads;  // last: what their tasks use outlives them
};

// Everything here runs on the first thread. Only closing the acceptor ends it, no error does.
Task<void> HttpServer::Impl::accept_loop(std::shared_ptr<Acceptor> acceptor, std::shared_ptr<Listener> listener) {
  Timer pause(threads.front()->executor());
  while (acceptor->is_open() && !draining) {
    ServerThread& thread = *threads[next_thread++ % threads.size()];
    auto [error, socket] = co_await acceptor->async_accept(thread.executor(), use_task_tuple);
    if (!error) {
      take(std::move(socket), thread, listener);
    } else if (error != asio::error::operation_aborted && error != asio::error::connection_aborted) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(use_task_tuple);
    }
  }
}

void HttpServer::Impl::take(Socket socket, ServerThread& thread, const std::shared_ptr<Listener>& listener) {
  Accepted accepted{listener, std::nullopt, std::move(socket)};
  if (const auto limit = limit_of(accepted)) {
    if (listener->options.on_refused) listener->options.on_refused(*limit);
    return;  // the socket closes here
  }
  ++listener->connections;
  ++connections;
  // The connection is created on its own thread: everything it registers with belongs to that thread.
  asio::post(thread.executor(), [accepted = std::move(accepted), &thread]() mutable {
    spawn(thread.executor(), HttpConnection::serve(std::make_shared<HttpConnection>(std::move(accepted), thread)));
  });
}

bool HttpServer::Impl::wait_for_none(Deadline deadline) const {
  while (connections != 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

HttpServer::HttpServer(const ServerOptions& options) : impl_(std::make_unique<Impl>(options)) {}
HttpServer::~HttpServer() = default;

Result<std::uint16_t> HttpServer::listen(ListenOptions options) {
  if (!options.handler) return fail(ErrorCode::kUsage, "listen: no handler");
  ServerThread& thread = *impl_->threads.front();
  MINIONS_TRY_ASSIGN(Acceptor bound, open_acceptor(thread.executor(), options));
  boost::system::error_code error;
  const auto endpoint = bound.local_endpoint(error);
  if (error) return fail(ErrorCode::kIo, "listen: " + error.message());
  auto acceptor = std::make_shared<Acceptor>(std::move(bound));
  auto listener = std::make_shared<Listener>(std::move(options));
  asio::post(thread.executor(), [impl = impl_.get(), acceptor, listener] {
    impl->acceptors.push_back(acceptor);
    spawn(impl->threads.front()->executor(), impl->accept_loop(acceptor, listener));
  });
  return endpoint.port();
}

std::size_t HttpServer::threads() const { return impl_->threads.size(); }
asio::io_context& HttpServer::thread(std::size_t index) { return impl_->threads.at(index)->context(); }
std::size_t HttpServer::connections() const { return impl_->connections; }

Status HttpServer::drain(Deadline deadline) {
  impl_->draining = true;
  asio::post(impl_->threads.front()->executor(), [impl = impl_.get()] {
    boost::system::error_code ignored;
    for (const auto& weak : impl->acceptors) {
      if (const auto acceptor = weak.lock()) acceptor->close(ignored);
    }
  });
  for (const auto& thread : impl_->threads) asio::post(thread->executor(), [&t = *thread] { t.close_idle(); });
  if (impl_->wait_for_none(deadline)) return {};

  const std::size_t cut = impl_->connections;
  for (const auto& thread : impl_->threads) asio::post(thread->executor(), [&t = *thread] { t.close_all(); });
  (void)impl_->wait_for_none(deadline_in(kLastMoments));
  return fail(ErrorCode::kTimeout, "drain: " + std::to_string(cut) + " connections were cut");
}

}  // namespace minions::net
