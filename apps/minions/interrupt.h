// Ctrl-C while a call runs aborts the call, not the program. Between calls the signal has its usual effect, or the line
// editor's.
#pragma once

#include <csignal>
#include <stop_token>

#include "net/io_thread.h"

#include <boost/asio/signal_set.hpp>

namespace minions::app {

class Interrupt {
 public:
  Interrupt() : signals_(io_.context()) {}
  ~Interrupt() { end(); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Watches for the signal from now on. The token is for one call.
  [[nodiscard]] std::stop_token begin();
  // Stops watching.
  void end();
  // Aborts the call as the signal would.
  void stop() { source_.request_stop(); }

 private:
  // Does it on the thread that waits for signals, and waits for it.
  template <class Work>
  void there(Work work);

  std::stop_source source_;
  net::IoThread io_;
  net::asio::signal_set signals_;
};

}  // namespace minions::app
