// Runs the same work for each of many items, on as many threads as the machine has processors.
#pragma once

#include <functional>

#include "base/result.h"
#include "documents/progress.h"

namespace minions::documents {

// The processors that this process may use; at least 1.
[[nodiscard]] unsigned processors();

// Calls `work` with 0 to count - 1, each once, roughly in that order, on `threads` threads, one of which is the
// caller's. After a failure starts no more, and returns the failure with the lowest number. `progress` may be null.
[[nodiscard]] Status parallel_for(std::size_t count, unsigned threads, const std::function<Status(std::size_t)>& work,
                                  Progress* progress = nullptr);

}  // namespace minions::documents
