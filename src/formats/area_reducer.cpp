#include "formats/area_reducer.h"

#include <cmath>

namespace minions::formats {
namespace {

constexpr std::size_t kChannels = 3;

std::uint32_t scaled(std::uint32_t side, double factor) {
  return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::floor(side * factor)));
}

}  // namespace

Sides reduced_sides(Sides sides, std::uint64_t max_pixels) {
  const std::uint64_t pixels = std::uint64_t{sides.width} * sides.height;
  if (pixels <= max_pixels) return sides;
  const double factor = std::sqrt(static_cast<double>(max_pixels) / static_cast<double>(pixels));
  Sides reduced{scaled(sides.width, factor), scaled(sides.height, factor)};
  // A side that cannot become less than 1 leaves the other one too long.
  const std::uint64_t longest = std::max<std::uint64_t>(1, max_pixels);
  if (reduced.width == 1) reduced.height = static_cast<std::uint32_t>(std::min<std::uint64_t>(reduced.height, longest));
  if (reduced.height == 1) reduced.width = static_cast<std::uint32_t>(std::min<std::uint64_t>(reduced.width, longest));
  return reduced;
}

// Sums hold at most 255 times the pixels of the larger picture.
AreaReducer::AreaReducer(Sides from, Sides to)
    : from_(from), to_(to), across_(to.width * kChannels), sums_(to.width * kChannels), made_(to.width * kChannels) {}

// Each pixel has to_.height parts, and an output row from_.height: the added row may end one and begin the next.
void AreaReducer::add(ByteView rgb) {
  row_ = {};
  average_across(rgb);
  const std::uint64_t left = from_.height - covered_;
  const std::uint64_t first = std::min<std::uint64_t>(left, to_.height);
  add_across(first);
  covered_ += first;
  if (covered_ < from_.height) return;
  end_row();
  covered_ = to_.height - first;
  if (covered_ > 0) add_across(covered_);
}

// Each pixel has to_.width parts, and an output pixel from_.width.
void AreaReducer::average_across(ByteView rgb) {
  std::fill(across_.begin(), across_.end(), 0);
  std::size_t to = 0;
  std::uint64_t left = from_.width;  // of the current output pixel
  for (std::size_t from = 0; from < rgb.size(); from += kChannels) {
    const std::uint64_t first = std::min<std::uint64_t>(left, to_.width);
    for (std::size_t i = 0; i < kChannels; ++i) across_[to + i] += rgb[from + i] * first;
    left -= first;
    if (left > 0) continue;
    to += kChannels;
    const std::uint64_t rest = to_.width - first;
    for (std::size_t i = 0; rest > 0 && i < kChannels; ++i) across_[to + i] += rgb[from + i] * rest;
    left = from_.width - rest;
  }
}

void AreaReducer::add_across(std::uint64_t weight) {
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += across_[i] * weight;
}

void AreaReducer::end_row() {
  const std::uint64_t parts = std::uint64_t{from_.width} * from_.height;
  for (std::size_t i = 0; i < sums_.size(); ++i) made_[i] = static_cast<std::uint8_t>((sums_[i] + parts / 2) / parts);
  std::fill(sums_.begin(), sums_.end(), 0);
  row_ = made_;
}

}  // namespace minions::formats
