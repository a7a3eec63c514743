// Makes a picture smaller, row by row: each pixel becomes the average of the area that it covers of the larger picture.
#pragma once

#include "formats/pixels.h"

namespace minions::formats {

struct Sides {
  std::uint32_t width;
  std::uint32_t height;
};
// The largest sides, in the proportion of those, that make no more than `max_pixels`; at least 1 each.
[[nodiscard]] Sides reduced_sides(Sides sides, std::uint64_t max_pixels);

class AreaReducer {
 public:
  // No side of `to` is larger than that of `from`, none is zero.
  AreaReducer(Sides from, Sides to);

  // The next row of the larger picture, 3 bytes a pixel.
  void add(ByteView rgb);
  // The row of the smaller one that is whole now: empty if none is. Valid until the next call of add().
  [[nodiscard]] ByteView row() const { return row_; }

 private:
  void average_across(ByteView rgb);
  void add_across(std::uint64_t weight);
  void end_row();

  Sides from_;
  Sides to_;
  std::uint64_t covered_ = 0;          // of the row that is being made, in parts of which it has from_.height
  std::vector<std::uint64_t> across_;  // the last row added, each pixel times the parts that it covers
  std::vector<std::uint64_t> sums_;    // of the row that is being made
  Bytes made_;
  ByteView row_;
};

}  // namespace minions::formats
