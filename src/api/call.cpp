#include "api/call.h"

#include <boost/asio/post.hpp>

namespace minions::api {

void Call::hand_over(std::function<void()> work, AfterStop after_stop) {
  queue({std::move(work), nullptr, after_stop});
}

net::Task<bool> Call::hand_over_and_wait(std::function<bool()> work) {
  struct Outcome {
    net::Timer served;
    bool result = false;
    bool done = false;
  };
  const auto outcome = std::make_shared<Outcome>(Outcome{net::Timer(executor_, net::kNoDeadline)});
  Work handed;
  handed.after_stop = AfterStop::kDrop;
  handed.run = [outcome, work = std::move(work)] { outcome->result = work(); };
  handed.after = [this, outcome] {
    net::asio::post(executor_, [outcome] {
      outcome->done = true;
      outcome->served.cancel();
    });
  };
  const std::stop_callback on_stop(stop(), [&outcome] { outcome->served.cancel(); });
  queue(std::move(handed));
  while (!outcome->done && !stop().stop_requested()) co_await outcome->served.async_wait(net::use_task_tuple);
  co_return outcome->done && outcome->result;
}

void Call::queue(Work work) {
  const std::lock_guard lock(mutex_);
  works_.push_back(std::move(work));
  changed_.notify_one();
}

void Call::request_stop() {
  net::asio::post(executor_, [source = source_]() mutable { source.request_stop(); });
}

void Call::end(std::exception_ptr thrown) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  if (!thrown_) thrown_ = std::move(thrown);
  changed_.notify_one();
}

void Call::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || !works_.empty(); });
    if (works_.empty()) return;
    const Work work = std::move(works_.front());
    works_.pop_front();
    const bool stopped = work.after_stop == AfterStop::kDrop && users_.stop_requested();
    const bool runs = !thrown_ && !stopped;
    dropped_ = dropped_ || (stopped && !work.after);
    lock.unlock();
    std::exception_ptr thrown;
    if (runs) {
      try {
        work.run();
      } catch (...) {
        thrown = std::current_exception();
        request_stop();
      }
    }
    if (work.after) work.after();
    lock.lock();
    if (thrown) thrown_ = std::move(thrown);
  }
}

}  // namespace minions::api
