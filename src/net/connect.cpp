#include <boost/asio/ip/basic_resolver.hpp>

#include "net/stream.h"

namespace minions::net {
namespace {

using Endpoints = std::vector<tcp::endpoint>;

// getaddrinfo cannot be cancelled: a waiting caller may leave earlier, and the answer is then dropped.
struct Resolution {
  explicit Resolution(Executor executor) : resolver(executor), wake(executor) {}
  asio::ip::basic_resolver<tcp, Executor> resolver;
  Timer wake;
  boost::system::error_code error;
  Endpoints endpoints;
  bool done = false;
};

Task<Result<Endpoints>> resolve(Endpoint endpoint, Deadline deadline) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(endpoint.host, error);
  if (!error) co_return Endpoints{{address, endpoint.port}};

  const Executor executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<Resolution>(executor);
  state->wake.expires_at(deadline);
  state->resolver.async_resolve(endpoint.host, std::to_string(endpoint.port), tcp::resolver::numeric_service,
                                [state](boost::system::error_code failed, const auto& results) {
                                  state->error = failed;
                                  for (const auto& result : results) state->endpoints.push_back(result.endpoint());
                                  state->done = true;
                                  state->wake.cancel();
                                });
  if (!state->done) co_await state->wake.async_wait(use_task_tuple);
  if (!state->done)
    co_return fail(ErrorCode::kTimeout, endpoint.host + ": the deadline passed while looking up its address");
  if (state->error) co_return fail(ErrorCode::kNetwork, endpoint.host + ": " + state->error.message());
  co_return std::move(state->endpoints);
}

class ConnectWait final : public Deadlines::Entry {
 public:
  ConnectWait(Socket& socket, Deadline deadline)
      : Entry(Deadlines::of(socket.get_executor()), deadline), socket_(socket) {}

 private:
  void cancel_operation() override {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

  Socket& socket_;
};

// An address that does not answer must leave time for the others.
Deadline share_of(Deadline deadline, std::size_t addresses_left) {
  if (addresses_left == 1) return deadline;
  const auto now = std::chrono::steady_clock::now();
  const auto all = deadline == kNoDeadline ? std::chrono::seconds(10) * addresses_left : deadline - now;
  return now + std::max<SteadyTime::duration>(all / static_cast<std::int64_t>(addresses_left), kSweepInterval);
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> Stream::connect(Endpoint endpoint, Deadline deadline) {
  MINIONS_CO_TRY_ASSIGN(const Endpoints endpoints, co_await resolve(endpoint, deadline));
  const Executor executor = co_await asio::this_coro::executor;
  Error last{ErrorCode::kNetwork, "no address"};
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    Socket socket(executor);
    boost::system::error_code opened;
    socket.open(endpoints[i].protocol(), opened);
    if (opened) {
      last = {ErrorCode::kNetwork, opened.message()};
      continue;
    }
    const ConnectWait entry(socket, share_of(deadline, endpoints.size() - i));
    const auto [error] = co_await socket.async_connect(endpoints[i], use_task_tuple);
    if (!error) co_return std::make_unique<Stream>(std::move(socket));
    last = entry.expired() ? Error{ErrorCode::kTimeout, "the deadline passed while connecting"}
                           : Error{ErrorCode::kNetwork, error.message()};
  }
  co_return fail(std::move(last).in(endpoint.host + ":" + std::to_string(endpoint.port)));
}

}  // namespace minions::net
