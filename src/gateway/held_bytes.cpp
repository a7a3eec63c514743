#include "gateway/held_bytes.h"

namespace minions::gateway {
namespace {

// An API key may be named like an address.
std::string entry_of(Limit limit, const std::string& name) { return std::string(name_of(limit)) + ' ' + name; }

}  // namespace

HeldBytes::Share::~Share() {
  const std::lock_guard lock(held_.mutex_);
  if (sender_) held_.remove(*sender_, received_);
  held_.kept_ -= kept_;
}

std::optional<Limit> HeldBytes::Share::count_to(std::optional<Sender> sender) {
  const std::lock_guard lock(held_.mutex_);
  if (sender && !held_.add(*sender, received_)) return sender->limit;
  if (sender_) held_.remove(*sender_, received_);
  sender_ = std::move(sender);
  return std::nullopt;
}

std::optional<Limit> HeldBytes::Share::receive(std::uint64_t bytes) {
  const std::lock_guard lock(held_.mutex_);
  if (sender_ && !held_.add(*sender_, bytes)) return sender_->limit;
  received_ += bytes;
  return std::nullopt;
}

std::optional<Limit> HeldBytes::Share::keep(std::uint64_t bytes) {
  const std::lock_guard lock(held_.mutex_);
  if (bytes > held_.all_limit_ - held_.kept_) return Limit::kUnfinishedBytes;
  held_.kept_ += bytes;
  kept_ += bytes;
  return std::nullopt;
}

std::uint64_t HeldBytes::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

std::uint64_t HeldBytes::received_from(Limit limit, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = received_.find(entry_of(limit, name));
  return found == received_.end() ? 0 : found->second;
}

bool HeldBytes::add(const Sender& sender, std::uint64_t bytes) {
  const auto [found, made] = received_.try_emplace(entry_of(sender.limit, sender.name), 0);
  if (bytes > sender.bytes || found->second > sender.bytes - bytes) {
    if (found->second == 0) received_.erase(found);
    return false;
  }
  found->second += bytes;
  if (found->second == 0) received_.erase(found);
  return true;
}

void HeldBytes::remove(const Sender& sender, std::uint64_t bytes) {
  const auto found = received_.find(entry_of(sender.limit, sender.name));
  if (found == received_.end()) return;
  found->second -= bytes;
  if (found->second == 0) received_.erase(found);
}

}  // namespace minions::gateway
