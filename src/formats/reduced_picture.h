// A picture made smaller and written anew: JPEG from JPEG, PNG from all others. Upright, over white, of an animation
// the first frame, and without any of its metadata. Runs inside the sandbox of minions-extract only.
#pragma once

#include "formats/area_reducer.h"
#include "formats/pixels.h"

namespace minions::formats {

struct ReducedPicture {
  Sides from;  // as the picture was shown
  std::string file;
};

// To at most `limits.max_pixels_out`; one that has no more is written anew in its size. As read_pixels() refuses.
[[nodiscard]] Read<ReducedPicture> reduce_picture(ByteView picture, const PixelLimits& limits);

}  // namespace minions::formats
