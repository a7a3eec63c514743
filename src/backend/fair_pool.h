// Threads that run the work of several owners: owners take turns, and no owner occupies all threads.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <mutex>

#include "fair/queue.h"
#include "fair/share.h"

namespace minions::backend {

class FairPool {
 public:
  explicit FairPool(std::size_t threads) : running_(threads), threads_(threads) {}
  ~FairPool() { threads_.join(); }  // when all work is done
  FairPool(const FairPool&) = delete;
  FairPool& operator=(const FairPool&) = delete;

  // From any thread; does not wait. The work does not throw.
  void post(std::string_view owner, std::function<void()> work);

 private:
  struct Job {
    std::string owner;
    std::function<void()> work;
  };
  void start_what_may();  // with the lock
  void run(Job job);

  std::mutex mutex_;
  fair::Queue<Job> waiting_;
  fair::Share running_;  // threads
  boost::asio::thread_pool threads_;
};

}  // namespace minions::backend
