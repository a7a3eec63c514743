// How a picture must be rotated, from its Exif data; reads nothing else of that data.
#pragma once

#include "base/bytes.h"

namespace minions::formats {

// The values of the tag Orientation (Exif 2.32, section 4.6.4): what turns the stored picture into the displayed one.
// Rotations are clockwise.
enum class Orientation : std::uint8_t {
  kUpright = 1,
  kMirrored = 2,  // left and right change places
  kHalfTurn = 3,
  kFlipped = 4,     // top and bottom change places
  kTransposed = 5,  // columns become rows
  kQuarterTurn = 6,
  kTransversed = 7,  // transposed about the other diagonal
  kThreeQuarterTurn = 8,
};

[[nodiscard]] constexpr bool swaps_sides(Orientation orientation) { return orientation >= Orientation::kTransposed; }

// From Exif data as PNG and WebP hold it, with or without the "Exif" prefix of JPEG. kUpright if it states nothing or
// breaks its own format.
[[nodiscard]] Orientation read_orientation(ByteView exif);

}  // namespace minions::formats
