// How many threads a model should compute with. More threads than available processors make it slower, not faster:
// threads wait for each other at each layer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace minions::llama {

struct CpuLimits {
  std::vector<std::size_t> allowed;  // processors that this process may run on
  std::string root = "/";            // where sys and proc are mounted
};

// Physical cores among the allowed processors, no more than the control group's quota of processor time; at least 1.
[[nodiscard]] std::size_t compute_threads(const CpuLimits& limits);
// For this process.
[[nodiscard]] std::size_t compute_threads();

}  // namespace minions::llama
