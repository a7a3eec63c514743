// Told how far long work has come. Calls come from whichever thread gets on, one at a time.
#pragma once

#include <cstddef>

namespace minions::documents {

class Progress {
 public:
  virtual ~Progress() = default;
  // `done` of `total` pages or files; done only grows within one total.
  virtual void at(std::size_t done, std::size_t total) = 0;
};

}  // namespace minions::documents
