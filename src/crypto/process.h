// What a process does once, before it holds any secret. main() calls these first.
#pragma once

#include "base/result.h"

namespace minions::crypto {

enum class ArenaState { kLocked, kNotLocked };

// Reserves the locked arena for long-lived keys: between guard pages, excluded from core dumps, mlock()ed. kNotLocked:
// the system refused the lock (RLIMIT_MEMLOCK); minionsd then does not start, minions warns.
[[nodiscard]] Result<ArenaState> reserve_locked_arena(std::size_t size_bytes);

// No core dumps, not traceable by other processes of the user.
[[nodiscard]] Status forbid_dumps();

// Every block that this process frees is wiped first, including those of third-party libraries (C++ new, OpenSSL).
// Programs that name crypto/wiping_allocator link it in; this returns whether it is linked.
[[nodiscard]] bool freed_memory_is_wiped();

}  // namespace minions::crypto
