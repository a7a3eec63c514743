// A picture made smaller and rewritten: JPEG from JPEG, PNG from all others. Upright, over white, of an animation the
// first frame, and without any of its metadata. Runs only inside the sandbox of minions-extract.
#pragma once

#include "formats/area_reducer.h"
#include "formats/pixels.h"

namespace minions::formats {

struct ReducedPicture {
  Sides from;  // as displayed
  std::string file;
};

// To at most `limits.max_pixels_out`; a smaller picture is rewritten in its size. Refuses like read_pixels().
[[nodiscard]] Read<ReducedPicture> reduce_picture(ByteView picture, const PixelLimits& limits);

}  // namespace minions::formats
