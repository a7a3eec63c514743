// Coroutines on one io_context: the task type, its completion token, and sockets and timers without a type-erased
// executor. Nothing here throws across a call: operations complete with error codes, tasks with Result.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "base/time.h"

namespace minions::net {

namespace asio = boost::asio;
using asio::ip::tcp;

using Executor = asio::io_context::executor_type;

template <class T>
using Task = asio::awaitable<T, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_task;
// For `auto [error, value] = co_await operation(use_task_tuple)`.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> use_task_tuple;

using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

// The time after which a read or write fails with kTimeout. Accurate to 200 ms.
using Deadline = SteadyTime;
inline constexpr Deadline kNoDeadline = Deadline::max();
[[nodiscard]] inline Deadline deadline_in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// Starts a task that nobody waits for. It must not throw.
inline void spawn(Executor executor, Task<void> task) { asio::co_spawn(executor, std::move(task), asio::detached); }

// Runs the io_context on this thread until the task has ended, and returns its result: for programs with one thread and
// for tests. Not from inside the io_context.
template <class T>
[[nodiscard]] T run_until_done(asio::io_context& context, Task<T> task) {
  std::optional<T> result;
  std::exception_ptr thrown;
  bool done = false;
  asio::co_spawn(context.get_executor(), std::move(task), [&](std::exception_ptr error, T value) {
    thrown = error;
    if (!error) result.emplace(std::move(value));
    done = true;
  });
  context.restart();
  while (!done && context.run_one() > 0) {
  }
  if (thrown) std::rethrow_exception(thrown);
  return *std::move(result);
}

}  // namespace minions::net
