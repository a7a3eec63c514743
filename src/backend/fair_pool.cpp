#include "backend/fair_pool.h"

#include <boost/asio/post.hpp>

namespace minions::backend {

void FairPool::post(std::string_view owner, std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  waiting_.push(owner, {std::string(owner), std::move(work)});
  start_what_may();
}

void FairPool::start_what_may() {
  while (auto job = waiting_.pop_if([this](const std::string& owner) { return running_.take(owner); }))
    boost::asio::post(threads_, [this, job = *std::move(job)]() mutable { run(std::move(job)); });
}

void FairPool::run(Job job) {
  job.work();
  job.work = nullptr;  // releases what it holds before its thread goes to another
  const std::lock_guard lock(mutex_);
  running_.give_back(job.owner);
  start_what_may();
}

}  // namespace minions::backend
