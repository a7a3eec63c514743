#include "llama/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

namespace minions::llama {
namespace {

std::optional<std::string> first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

// Processors that share a core name the same siblings. If nothing is known, each counts as a core.
std::size_t physical_cores(const CpuLimits& limits) {
  std::set<std::string> cores;
  for (const std::size_t cpu : limits.allowed) {
    const std::string number = std::to_string(cpu);
    const auto siblings =
        first_line(limits.root + "sys/devices/system/cpu/cpu" + number + "/topology/thread_siblings_list");
    cores.insert(siblings.value_or(number));
  }
  return cores.size();
}

// cpu.max of cgroup v2: `QUOTA PERIOD` in microseconds, or `max PERIOD`.
std::optional<std::size_t> quota(const std::string& directory) {
  const auto line = first_line(directory + "/cpu.max");
  if (!line) return std::nullopt;
  std::istringstream words(*line);
  double allowed_us = 0;
  double period_us = 0;
  if (!(words >> allowed_us >> period_us) || period_us <= 0) return std::nullopt;
  return static_cast<std::size_t>(std::max(1.0, allowed_us / period_us));
}

// The tightest quota from the process's own group up to the root.
std::optional<std::size_t> group_quota(const std::string& root) {
  const auto group = first_line(root + "proc/self/cgroup");
  if (!group || !group->starts_with("0::/")) return std::nullopt;
  std::optional<std::size_t> least;
  std::filesystem::path path(group->substr(4));
  for (;;) {
    const auto here = quota((std::filesystem::path(root + "sys/fs/cgroup") / path).string());
    if (here) least = std::min(least.value_or(*here), *here);
    if (path.empty()) return least;
    path = path.parent_path();
  }
}

}  // namespace

std::size_t compute_threads(const CpuLimits& limits) {
  const std::size_t cores = physical_cores(limits);
  return std::max<std::size_t>(1, std::min(cores, group_quota(limits.root).value_or(cores)));
}

std::size_t compute_threads() {
  CpuLimits limits;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) limits.allowed.push_back(cpu);
    }
  }
  return compute_threads(limits);
}

}  // namespace minions::llama
