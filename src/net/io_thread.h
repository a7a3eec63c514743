// A thread that runs one io_context. Everything that belongs to a connection stays on the thread it was given to.
#pragma once

#include <thread>

#include "net/task.h"

namespace minions::net {

// Writing to a peer that has gone must be an error, not the end of the process. main calls this once, before threads
// start.
void ignore_sigpipe();

class IoThread {
 public:
  IoThread();
  // Stops at once; tasks that have not ended are destroyed where they wait.
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
