#include "net/deadlines.h"

namespace minions::net {

asio::execution_context::id Deadlines::id;

Deadlines::Entry::Entry(Deadlines& deadlines, Deadline deadline) : deadline_(deadline) {
  if (deadline != kNoDeadline) deadlines.link(*this);
}

Deadlines::Entry::~Entry() {
  if (deadlines_ != nullptr) deadlines_->unlink(*this);
}

Deadlines::Deadlines(asio::execution_context& context)
    : asio::execution_context::service(context), timer_(std::in_place, static_cast<asio::io_context&>(context)) {}

Deadlines& Deadlines::of(Executor executor) { return asio::use_service<Deadlines>(executor.context()); }

void Deadlines::shutdown() { timer_.reset(); }

void Deadlines::link(Entry& entry) {
  entry.deadlines_ = this;
  entry.next_ = first_;
  if (first_ != nullptr) first_->previous_ = &entry;
  first_ = &entry;
  if (!timer_runs_) start_timer();
}

void Deadlines::unlink(Entry& entry) {
  if (entry.previous_ != nullptr) entry.previous_->next_ = entry.next_;
  if (entry.next_ != nullptr) entry.next_->previous_ = entry.previous_;
  if (first_ == &entry) first_ = entry.next_;
  entry.deadlines_ = nullptr;
  entry.previous_ = entry.next_ = nullptr;
}

void Deadlines::start_timer() {
  if (!timer_) return;  // the io_context is being destroyed
  timer_runs_ = true;
  timer_->expires_after(kSweepInterval);
  timer_->async_wait([this](boost::system::error_code error) {
    timer_runs_ = false;
    if (error) return;
    sweep();
    if (first_ != nullptr) start_timer();
  });
}

void Deadlines::sweep() {
  const auto now = std::chrono::steady_clock::now();
  for (Entry* entry = first_; entry != nullptr;) {
    Entry* const next = entry->next_;
    if (entry->deadline_ <= now) {
      unlink(*entry);
      entry->expired_ = true;
      entry->cancel_operation();
    }
    entry = next;
  }
}

}  // namespace minions::net
