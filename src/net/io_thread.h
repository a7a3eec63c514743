// A thread that runs one io_context. Everything of a connection stays on its thread.
#pragma once

#include <thread>

#include "net/task.h"

namespace minions::net {

// Writing to a peer that has disconnected must be an error, not the end of the process. main calls this once, before
// threads start.
void ignore_sigpipe();

class IoThread {
 public:
  IoThread();
  // Stops at once; destroys unfinished tasks where they wait.
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  [[nodiscard]] asio::io_context& context() { return context_; }
  [[nodiscard]] Executor executor() { return context_.get_executor(); }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<Executor> work_;
  std::thread thread_;
};

}  // namespace minions::net
