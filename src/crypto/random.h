// Where randomness comes from. An interface, so that vectors can hand in theirs.
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

// The operating system's, through OpenSSL's private generator. Ends the process if there is none: nothing can go on
// safely.
class SystemRandom final : public Random {
 public:
  void fill(MutableBytes out) override;
};

}  // namespace minions::crypto
