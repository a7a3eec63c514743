#include "net/permits.h"

#include <utility>

namespace minions::net {

Permit::Permit(Permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)), name_(std::move(other.name_)) {}

Permit& Permit::operator=(Permit&& other) noexcept {
  std::swap(from_, other.from_);
  std::swap(name_, other.name_);
  return *this;
}

Permit::~Permit() {
  if (from_ != nullptr) from_->release(name_);
}

std::optional<Permit> Permits::acquire(const std::string& name, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(name);
  if ((found == held_.end() ? 0 : found->second) >= limit) return std::nullopt;
  ++held_[name];
  return Permit(*this, name);
}

std::size_t Permits::held_by(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(name);
  return found == held_.end() ? 0 : found->second;
}

void Permits::release(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = held_.find(name); found != held_.end() && --found->second == 0) held_.erase(found);
}

}  // namespace minions::net
