// Told how far long work has come, on the thread that does it or waits for it.
#pragma once

#include <cstddef>

namespace minions::documents {

class Progress {
 public:
  virtual ~Progress() = default;
  // `done` of `total` pages or files; done only grows within one total. False breaks the work off: kCancelled.
  [[nodiscard]] virtual bool at(std::size_t done, std::size_t total) = 0;
};

}  // namespace minions::documents
