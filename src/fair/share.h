// A bounded amount of something. An owner may hold as much as is free: alone half of it, next to others less. So no
// owner takes everything, and an owner who holds nothing finds something. Not synchronised.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace minions::fair {

class Share {
 public:
  explicit Share(std::uint64_t all) : free_(all) {}

  // False: the owner would hold more than its share. Then takes nothing.
  [[nodiscard]] bool take(std::string_view owner, std::uint64_t amount = 1) {
    const auto found = held_.find(owner);
    const std::uint64_t held = found == held_.end() ? 0 : found->second;
    if (amount > free_ || held > free_ - amount) return false;
    free_ -= amount;
    if (found == held_.end()) {
      held_.emplace(owner, amount);
    } else {
      found->second += amount;
    }
    return true;
  }
  // Of what it took.
  void give_back(std::string_view owner, std::uint64_t amount = 1) {
    const auto found = held_.find(owner);
    if (found == held_.end()) return;
    free_ += amount;
    found->second -= amount;
    if (found->second == 0) held_.erase(found);
  }

 private:
  std::uint64_t free_;
  std::map<std::string, std::uint64_t, std::less<>> held_;  // no zeros
};

}  // namespace minions::fair
