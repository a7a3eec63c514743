#include "documents/parallel_for.h"

#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace minions::documents {
namespace {

class Queue {
 public:
  Queue(std::size_t count, const std::function<Status(std::size_t)>& work, Progress* progress)
      : count_(count), work_(work), progress_(progress) {}

  void work() {
    while (const auto item = next()) ended(*item, work_(*item));
  }
  // Works, too, waits for the others, and reports all progress: on the thread that calls.
  void lead() {
    while (const auto item = next()) {
      ended(*item, work_(*item));
      report();
    }
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return under_way_ == 0 || done_ != reported_; });
        if (under_way_ == 0 && done_ == reported_) return;
      }
      report();
    }
  }
  // Nothing new is begun.
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  [[nodiscard]] Status outcome() && {
    if (failure_) return fail(std::move(*failure_));
    return {};
  }

 private:
  [[nodiscard]] std::optional<std::size_t> next() {
    const std::lock_guard lock(mutex_);
    if (failure_ || stopped_ || next_ == count_) return std::nullopt;
    ++under_way_;
    return next_++;
  }
  void ended(std::size_t item, Status status) {
    const std::lock_guard lock(mutex_);
    if (!status && (!failure_ || item < failed_item_)) {
      failure_ = std::move(status).error();
      failed_item_ = item;
    }
    ++done_;
    --under_way_;
    changed_.notify_one();
  }
  void report() {
    std::size_t done = 0;
    {
      const std::lock_guard lock(mutex_);
      reported_ = done_;
      if (failure_) return;
      done = done_;
    }
    if (progress_ == nullptr || progress_->at(done, count_)) return;
    const std::lock_guard lock(mutex_);
    failure_ = Error{ErrorCode::kCancelled, "cancelled"};
    failed_item_ = 0;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::size_t count_;
  const std::function<Status(std::size_t)>& work_;
  Progress* const progress_;
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  std::size_t done_ = 0;
  std::size_t reported_ = 0;
  std::size_t failed_item_ = 0;
  bool stopped_ = false;
  std::optional<Error> failure_;
};

}  // namespace

unsigned processors() {
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) != 0) return std::max(1U, std::thread::hardware_concurrency());
  return std::max(1U, static_cast<unsigned>(CPU_COUNT(&usable)));
}

Status parallel_for(std::size_t count, unsigned threads, const std::function<Status(std::size_t)>& work,
                    Progress* progress) {
  Queue queue(count, work, progress);
  std::vector<std::jthread> others;  // joined before the queue goes, also where progress throws
  for (std::size_t i = 1; i < std::min<std::size_t>(threads, count); ++i) others.emplace_back([&] { queue.work(); });
  try {
    queue.lead();
  } catch (...) {
    queue.stop();
    throw;
  }
  others.clear();
  return std::move(queue).outcome();
}

}  // namespace minions::documents
