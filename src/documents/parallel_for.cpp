#include "documents/parallel_for.h"

#include <sched.h>

#include <algorithm>
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
  [[nodiscard]] Status outcome() && {
    if (failure_) return fail(std::move(*failure_));
    return {};
  }

 private:
  [[nodiscard]] std::optional<std::size_t> next() {
    const std::lock_guard lock(mutex_);
    if (failure_ || next_ == count_) return std::nullopt;
    return next_++;
  }
  void ended(std::size_t item, Status status) {
    const std::lock_guard lock(mutex_);
    if (!status && (!failure_ || item < failed_item_)) {
      failure_ = std::move(status).error();
      failed_item_ = item;
    }
    ++done_;
    if (progress_ != nullptr && !failure_) progress_->at(done_, count_);
  }

  std::mutex mutex_;
  const std::size_t count_;
  const std::function<Status(std::size_t)>& work_;
  Progress* const progress_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  std::size_t failed_item_ = 0;
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
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min<std::size_t>(threads, count); ++i) others.emplace_back([&] { queue.work(); });
  queue.work();
  others.clear();
  return std::move(queue).outcome();
}

}  // namespace minions::documents
