#include "crypto/random.h"

#include <openssl/rand.h>

#include <cstdlib>

namespace minions::crypto {

void SystemRandom::fill(MutableBytes out) {
  if (RAND_priv_bytes(out.data(), static_cast<int>(out.size())) != 1) std::abort();
}

}  // namespace minions::crypto
