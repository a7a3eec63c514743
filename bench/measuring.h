// Clocks and statistics of the benchmarks. CPU time wherever that is the question: it excludes other work on the
// machine.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <algorithm>
#include <vector>

namespace minions::bench {

inline double clock_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
inline double wall_seconds() { return clock_seconds(CLOCK_MONOTONIC); }
inline double thread_cpu_seconds() { return clock_seconds(CLOCK_THREAD_CPUTIME_ID); }
// User and system time of all threads of another process: the same counters as in /proc/PID/stat, in nanoseconds
// instead of hundredths.
inline double process_cpu_seconds(pid_t process) {
  clockid_t clock{};
  return clock_getcpuclockid(process, &clock) == 0 ? clock_seconds(clock) : 0;
}

// Of what is not empty.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// CPU seconds of this thread that `work` takes.
template <class Work>
double cpu_seconds_of(Work&& work) {
  const double start = thread_cpu_seconds();
  work();
  return thread_cpu_seconds() - start;
}

}  // namespace minions::bench
