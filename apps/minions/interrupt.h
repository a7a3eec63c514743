// Ctrl-C while a call runs: the call is broken off, not the program. Between calls the signal has its usual effect, or
// that which the line editor gives it.
#pragma once

#include <csignal>
#include <stop_token>

#include "net/task.h"

#include <boost/asio/signal_set.hpp>

namespace minions::app {

class Interrupt {
 public:
  explicit Interrupt(net::asio::io_context& context) : signals_(context) {}

  // Watches for the signal from now on. The token is for one call.
  [[nodiscard]] std::stop_token begin();
  // Stops watching.
  void end();
  // Breaks the call off as the signal would.
  void stop() { source_.request_stop(); }

 private:
  net::asio::signal_set signals_;
  std::stop_source source_;
};

}  // namespace minions::app
