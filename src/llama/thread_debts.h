// Turns at a thread that works for several owners in rounds. An owner that takes time for itself alone owes it to the
// others, and waits while they work for as long. Not synchronised.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace minions::llama {

class ThreadDebts {
 public:
  using Time = std::chrono::nanoseconds;
  using Owners = std::set<std::string, std::less<>>;
  // An owner that owes nothing more continues: a round with all owners is the cheapest.
  static constexpr Time kSlack = std::chrono::milliseconds(100);

  void owe(std::string_view owner, Time time) {
    if (time > Time::zero()) owed_[std::string(owner)] += time;
  }
  // Of those who have work: who works in the next round. If all of them owe, their debts are cancelled, as nobody is
  // there to be paid; so one always works, and a later owner is owed nothing for the time before.
  [[nodiscard]] Owners next(const Owners& owners) {
    Time least = Time::max();
    for (const std::string& owner : owners) least = std::min(least, owed_by(owner));
    Owners work;
    for (const std::string& owner : owners) {
      if (const auto found = owed_.find(owner); found != owed_.end()) found->second -= least;
      if (owed_by(owner) <= kSlack) work.insert(owner);
    }
    return work;
  }
  // After a round of these owners: those who waited have paid for as long.
  void pass(Time time, const Owners& worked) {
    for (auto one = owed_.begin(); one != owed_.end();) {
      if (!worked.contains(one->first)) one->second -= time;
      one = one->second <= Time::zero() ? owed_.erase(one) : std::next(one);
    }
  }
  // Nobody has work, so nobody waited.
  void clear() { owed_.clear(); }

 private:
  [[nodiscard]] Time owed_by(const std::string& owner) const {
    const auto found = owed_.find(owner);
    return found == owed_.end() ? Time::zero() : found->second;
  }

  std::map<std::string, Time> owed_;
};

}  // namespace minions::llama
