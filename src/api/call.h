// One blocking call of the facade. Its task runs on the client's I/O thread. Work that the task posts to the caller,
// such as a piece of an answer for a callback, runs on the thread that called, in order.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>

#include "net/task.h"

namespace minions::api {

class Call {
 public:
  // `users` is requested on any thread; stop() follows it on the I/O thread.
  Call(net::Executor executor, std::stop_token users) : executor_(std::move(executor)), users_(std::move(users)) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] std::stop_token stop() const { return source_.get_token(); }

  // Whether posted work still runs once the caller has requested a stop.
  enum class AfterStop { kRun, kDrop };
  // For the task. Work that throws aborts the call; work posted after it does not run.
  void hand_over(std::function<void()> work, AfterStop after_stop = AfterStop::kRun);
  // Likewise, and goes on with what the work gave. False, too, where it did not run or threw, and at once where the
  // call is stopped: work that is under way then ends by itself, so it owns what it uses.
  [[nodiscard]] net::Task<bool> hand_over_and_wait(std::function<bool()> work);
  // Breaks the call off. On the I/O thread.
  void cancel() { source_.request_stop(); }

  // Whether work was dropped: the caller has not seen all that came. For the calling thread, after run().
  [[nodiscard]] bool dropped() const { return dropped_; }

  // For the calling thread: once, and not from the I/O thread. Throws what posted work threw.
  template <class T>
  [[nodiscard]] T run(net::Task<T> task) {
    std::optional<T> result;
    {
      const std::stop_callback forward(users_, [this] { request_stop(); });
      net::asio::co_spawn(executor_, std::move(task), [&](std::exception_ptr thrown, T value) {
        if (!thrown) result.emplace(std::move(value));
        end(thrown);
      });
      serve();
    }
    if (thrown_) std::rethrow_exception(thrown_);
    return *std::move(result);
  }

 private:
  struct Work {
    std::function<void()> run;
    std::function<void()> after;  // whether it ran or not; empty: nothing
    AfterStop after_stop = AfterStop::kRun;
  };

  void queue(Work work);
  void request_stop();
  void end(std::exception_ptr thrown);
  // Runs posted work until the task has ended.
  void serve();

  net::Executor executor_;
  std::stop_token users_;
  std::stop_source source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> works_;
  bool ended_ = false;
  bool dropped_ = false;
  std::exception_ptr thrown_;  // of the calling thread, until the task has ended
};

}  // namespace minions::api
