// What the fuzz targets share: invariants that end the process in every build, and inputs read from their front.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "base/bytes.h"

// libFuzzer calls it with inputs that it makes up, replay.cpp with the files of the corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace minions::fuzz {

inline void require(bool holds, const char* invariant) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", invariant);
  std::abort();
}

// The byte in front, and the rest stays. Zero where nothing is left.
inline std::uint8_t take_byte(ByteView& input) {
  if (input.empty()) return 0;
  const std::uint8_t first = input.front();
  input = input.subspan(1);
  return first;
}

// The sizes of the pieces that a stream comes in, chosen by one byte: 0 is byte by byte, 128 and more are large ones.
class Cuts {
 public:
  explicit Cuts(std::uint8_t choice)
      : state_(choice), most_(choice < 128 ? choice + std::uint32_t{1} : 64 * (choice - std::uint32_t{127})) {}

  // All in one piece.
  [[nodiscard]] static Cuts none() {
    Cuts cuts(0);
    cuts.most_ = 0;
    return cuts;
  }

  // At least 1, at most what is left; something is.
  [[nodiscard]] std::size_t next(std::size_t left) {
    if (most_ == 0) return left;
    state_ = state_ * 1'103'515'245U + 12'345U;
    return std::min<std::size_t>(left, 1 + (state_ >> 16) % most_);
  }

 private:
  std::uint32_t state_;
  std::uint32_t most_;  // 0: no cuts
};

}  // namespace minions::fuzz
