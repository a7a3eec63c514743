// Makes a picture smaller, row by row: each pixel becomes the average of the area that it covers in the larger picture.
#pragma once

#include "formats/pixels.h"

namespace minions::formats {

struct Sides {
  std::uint32_t width;
  std::uint32_t height;
};
// The largest sides in the same proportion with at most `max_pixels`; at least 1 each.
[[nodiscard]] Sides reduced_sides(Sides sides, std::uint64_t max_pixels);

class AreaReducer {
 public:
  // No side of `to` is larger than that of `from`, none is zero.
  AreaReducer(Sides from, Sides to);

  // The next row of the larger picture, 3 bytes per pixel.
  void add(ByteView rgb);
  // The completed row of the smaller picture: empty if there is none. Valid until the next call of add().
  [[nodiscard]] ByteView row() const { return row_; }

 private:
  void average_across(ByteView rgb);
  void add_across(std::uint64_t weight);
  void end_row();

  Sides from_;
  Sides to_;
  std::uint64_t covered_ = 0;          // of the current output row, in parts of which it has from_.height
  std::vector<std::uint64_t> across_;  // the last row added, each pixel times the parts that it covers
  std::vector<std::uint64_t> sums_;    // of the current output row
  Bytes made_;
  ByteView row_;
};

}  // namespace minions::formats
