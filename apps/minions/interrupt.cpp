#include "interrupt.h"

namespace minions::app {

std::stop_token Interrupt::begin() {
  source_ = std::stop_source();
  boost::system::error_code ignored;
  signals_.clear(ignored);
  signals_.add(SIGINT, ignored);
  signals_.async_wait([source = source_](boost::system::error_code error, int) mutable {
    if (!error) source.request_stop();
  });
  return source_.get_token();
}

void Interrupt::end() {
  boost::system::error_code ignored;
  signals_.cancel(ignored);
  signals_.clear(ignored);
}

}  // namespace minions::app
