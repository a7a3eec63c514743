// The source of randomness. An interface, so that test vectors can supply theirs.
#pragma once

#include "base/bytes.h"

namespace minions::crypto {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableBytes out) = 0;

  template <std::size_t N>
  [[nodiscard]] ByteArray<N> bytes() {
    ByteArray<N> out;
    fill(out);
    return out;
  }
};

// The operating system's, through OpenSSL's private generator. Ends the process if there is none: it cannot continue
// safely.
class SystemRandom final : public Random {
 public:
  void fill(MutableBytes out) override;
};

}  // namespace minions::crypto
