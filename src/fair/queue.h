// A queue that serves its owners in turn: first come, first served among one owner's requests, and no owner waits for
// all requests of another. Not synchronised.
#pragma once

#include <algorithm>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace minions::fair {

template <class T>
class Queue {
 public:
  void push(std::string_view owner, T item) { line_of(owner)->items.push_back(std::move(item)); }
  // An item that was taken out and is to continue: before the owner's other items, and after all other owners.
  void push_first(std::string_view owner, T item) {
    const auto line = line_of(owner);
    line->items.push_front(std::move(item));
    lines_.splice(lines_.end(), lines_, line);
  }

  // The oldest item of the owner whose turn it is; that owner then moves to the end.
  [[nodiscard]] std::optional<T> pop() {
    return pop_if([](const std::string&) { return true; });
  }
  // The same for owners that `may` accepts; it is called until it accepts one.
  template <class Predicate>
  [[nodiscard]] std::optional<T> pop_if(Predicate may) {
    const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& one) { return may(one.owner); });
    if (line == lines_.end()) return std::nullopt;
    std::optional<T> item(std::move(line->items.front()));
    line->items.pop_front();
    if (line->items.empty()) {
      lines_.erase(line);
    } else {
      lines_.splice(lines_.end(), lines_, line);
    }
    return item;
  }

  // Takes out the items that `unwanted` accepts.
  template <class Predicate>
  [[nodiscard]] std::vector<T> extract_if(Predicate unwanted) {
    std::vector<T> out;
    for (Line& line : lines_) {
      const auto kept =
          std::stable_partition(line.items.begin(), line.items.end(), [&](const T& item) { return !unwanted(item); });
      std::move(kept, line.items.end(), std::back_inserter(out));
      line.items.erase(kept, line.items.end());
    }
    lines_.remove_if([](const Line& line) { return line.items.empty(); });
    return out;
  }

  [[nodiscard]] bool empty() const { return lines_.empty(); }
  // Whether a waiting owner is one that `is` accepts.
  template <class Predicate>
  [[nodiscard]] bool has_owner(Predicate is) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const Line& one) { return is(one.owner); });
  }

 private:
  struct Line {
    std::string owner;
    std::deque<T> items;
  };
  [[nodiscard]] typename std::list<Line>::iterator line_of(std::string_view owner) {
    const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& one) { return one.owner == owner; });
    return line != lines_.end() ? line : lines_.insert(lines_.end(), Line{std::string(owner), {}});
  }

  std::list<Line> lines_;  // none of them empty; the front's turn is next
};

}  // namespace minions::fair
