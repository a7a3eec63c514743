// Blocking work next to the tasks of an io_context.
#pragma once

#include <boost/asio/post.hpp>
#include <thread>

#include "net/task.h"

namespace minions::net {

// Runs the work, which must not throw, on a separate thread; the task continues after it has returned, and after what
// it posted to the same context. Destroying the task waits for the work.
template <class Work>
[[nodiscard]] Task<void> on_own_thread(Executor executor, Work work) {
  Timer ended(executor, kNoDeadline);
  bool done = false;
  const std::jthread thread([&] {
    work();
    asio::post(executor, [&] {
      done = true;
      ended.cancel();
    });
  });
  while (!done) co_await ended.async_wait(use_task_tuple);
}

}  // namespace minions::net
