#include "crypto/process.h"

#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

namespace minions::crypto {

Result<ArenaState> reserve_locked_arena(std::size_t size_bytes) {
  switch (CRYPTO_secure_malloc_init(size_bytes, 32)) {
    case 1: return ArenaState::kLocked;
    case 2: return ArenaState::kNotLocked;
    default: return fail(ErrorCode::kInternal, "the arena for keys cannot be reserved, or already is");
  }
}

Status forbid_dumps() {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return fail(ErrorCode::kInternal, std::string("core dumps cannot be turned off: ") + std::strerror(errno));
  }
  return {};
}

namespace {
bool g_wiping = false;
}
// Called by wiping_allocator.cpp if it is linked.
void note_wiping_allocator() { g_wiping = true; }
bool freed_memory_is_wiped() { return g_wiping; }

}  // namespace minions::crypto
