#include "interrupt.h"

#include <boost/asio/post.hpp>
#include <future>

namespace minions::app {

template <class Work>
void Interrupt::there(Work work) {
  std::promise<void> done;
  net::asio::post(io_.executor(), [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

std::stop_token Interrupt::begin() {
  source_ = std::stop_source();
  there([this] {
    boost::system::error_code ignored;
    signals_.clear(ignored);
    signals_.add(SIGINT, ignored);
    signals_.async_wait([source = source_](boost::system::error_code error, int) mutable {
      if (!error) source.request_stop();
    });
  });
  return source_.get_token();
}

void Interrupt::end() {
  there([this] {
    boost::system::error_code ignored;
    signals_.cancel(ignored);
    signals_.clear(ignored);
  });
}

}  // namespace minions::app
