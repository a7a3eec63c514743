// Deadlines without a timer per operation: one list and one timer per io_context, swept every 200 ms while anything
// waits. Used only on the io_context's own thread.
#pragma once

#include "net/task.h"

namespace minions::net {

inline constexpr std::chrono::milliseconds kSweepInterval{200};

class Deadlines : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;
  using key_type = Deadlines;

  // One waiting operation. Linked while it lives; the subclass cancels the operation, which then checks expired().
  class Entry {
   public:
    Entry(Deadlines& deadlines, Deadline deadline);
    virtual ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    [[nodiscard]] bool expired() const { return expired_; }

   private:
    friend class Deadlines;
    virtual void cancel_operation() = 0;

    Deadlines* deadlines_ = nullptr;  // null while not linked
    Deadline deadline_;
    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
    bool expired_ = false;
  };

  explicit Deadlines(asio::execution_context& context);
  [[nodiscard]] static Deadlines& of(Executor executor);

 private:
  void shutdown() override;
  void link(Entry& entry);
  void unlink(Entry& entry);
  void start_timer();
  void sweep();

  Entry* first_ = nullptr;
  bool timer_runs_ = false;
  std::optional<Timer> timer_;
};

}  // namespace minions::net
