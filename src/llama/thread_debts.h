// Turns at a thread that works for several owners in rounds. Whoever takes time for itself alone owes it to the others,
// and waits while they work for as long. Not synchronised.
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
  // An owner that owes no more goes on: a round that all take part in is the cheapest.
  static constexpr Time kSlack = std::chrono::milliseconds(100);

  void owe(std::string_view owner, Time time) {
    if (time > Time::zero()) owed_[std::string(owner)] += time;
  }
  // Of those who have work: who works in the next round. What all of them owe is forgiven, as nobody is there who could
  // be paid; so there is always one that works, and whoever comes later is owed nothing of the time before.
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
  // After a round of these owners: whoever waited has paid for as long.
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
