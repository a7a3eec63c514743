#include "net/places.h"

namespace minions::net {

std::optional<Places::Place> Places::enter(const std::string& name, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(name);
  if ((found == held_.end() ? 0 : found->second) >= limit) return std::nullopt;
  ++held_[name];
  return Place(*this, name);
}

std::size_t Places::held_by(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(name);
  return found == held_.end() ? 0 : found->second;
}

void Places::leave(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = held_.find(name); found != held_.end() && --found->second == 0) held_.erase(found);
}

}  // namespace minions::net
