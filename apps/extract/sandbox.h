// Gives up what a reader of one untrusted file does not need: files but the named ones, writing, sockets, other
// processes, new processes, namespaces, kernel interfaces. What is given up stays given up across exec.
#pragma once

#include <sys/resource.h>

namespace minions::extract {

struct Limits {
  rlim_t memory_bytes;
  rlim_t cpu_s;
};

enum class Confined { kYes, kNoLandlock, kNoSeccomp, kNoLimits };

// Limits of memory, processor time, file size and processes; no core dump; no inherited descriptor above 2; no gain of
// rights by exec; death with the parent.
[[nodiscard]] Confined set_limits(const Limits& limits);
// After set_limits: Landlock and seccomp.
[[nodiscard]] Confined enter_sandbox();

// The readers that may be started, tried in this order.
inline constexpr const char* kReaders[] = {"/usr/bin/pdftotext", "/usr/local/bin/pdftotext"};

}  // namespace minions::extract
