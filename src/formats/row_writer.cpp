#include "formats/row_writer.h"

namespace minions::formats {
namespace {

constexpr std::size_t kChannels = 3;
// After a quarter turn, a row is a column of what is stored: several at a time use each cache line.
constexpr std::uint32_t kRowsAtOnce = 16;

std::uint8_t over_white(std::uint32_t value, std::uint32_t opacity) {
  return static_cast<std::uint8_t>((value * opacity + 255 * (255 - opacity) + 127) / 255);
}

struct Point {
  std::uint32_t x;
  std::uint32_t y;
};

// Where the pixel displayed at a place is stored; `last` is the last place of what is stored.
Point stored_at(Point shown, Point last, Orientation orientation) {
  switch (orientation) {
    case Orientation::kUpright: return shown;
    case Orientation::kMirrored: return {last.x - shown.x, shown.y};
    case Orientation::kHalfTurn: return {last.x - shown.x, last.y - shown.y};
    case Orientation::kFlipped: return {shown.x, last.y - shown.y};
    case Orientation::kTransposed: return {shown.y, shown.x};
    case Orientation::kQuarterTurn: return {shown.y, last.y - shown.x};
    case Orientation::kTransversed: return {last.x - shown.y, last.y - shown.x};
    case Orientation::kThreeQuarterTurn: return {last.x - shown.y, shown.x};
  }
  return shown;
}

}  // namespace

Read<void> RowWriter::begin(std::uint32_t width, std::uint32_t height, Orientation orientation) {
  if (width == 0 || height == 0) return stop(ExtractExit::kDamaged);
  if (std::uint64_t{width} * height > max_pixels_) return stop(ExtractExit::kTooManyPixels);
  width_ = width;
  height_ = height;
  orientation_ = orientation;
  if (swaps_sides(orientation)) {
    output_.size(height, width);
  } else {
    output_.size(width, height);
  }
  return {};
}

void RowWriter::rgb(ByteView row) {
  ++rows_;
  if (orientation_ == Orientation::kUpright) return output_.rows(row);
  // Only now: a reader may have needed the memory until its first row.
  if (collected_.empty()) collected_.reserve(std::size_t{width_} * height_ * kChannels);
  append(collected_, row);
}

void RowWriter::rgba(ByteView row) {
  opaque_.resize(std::size_t{width_} * kChannels);
  for (std::size_t from = 0, to = 0; to < opaque_.size(); from += 4, to += kChannels) {
    const std::uint8_t opacity = row[from + 3];
    for (std::size_t channel = 0; channel < kChannels; ++channel)
      opaque_[to + channel] = over_white(row[from + channel], opacity);
  }
  rgb(opaque_);
}

Read<void> RowWriter::finish() {
  if (rows_ != height_) return stop(ExtractExit::kDamaged);
  if (orientation_ != Orientation::kUpright) write_turned();
  return {};
}

void RowWriter::write_turned() {
  const Point last{width_ - 1, height_ - 1};
  const auto [shown_width, shown_height] = swaps_sides(orientation_) ? Point{height_, width_} : Point{width_, height_};
  const std::size_t row_bytes = std::size_t{shown_width} * kChannels;
  Bytes block;
  for (std::uint32_t top = 0; top < shown_height; top += kRowsAtOnce) {
    const std::uint32_t count = std::min(kRowsAtOnce, shown_height - top);
    block.resize(count * row_bytes);
    for (std::uint32_t x = 0; x < shown_width; ++x) {
      for (std::uint32_t row = 0; row < count; ++row) {
        const Point stored = stored_at({x, top + row}, last, orientation_);
        const std::size_t from = (std::size_t{stored.y} * width_ + stored.x) * kChannels;
        std::copy_n(collected_.data() + from, kChannels, block.data() + row * row_bytes + std::size_t{x} * kChannels);
      }
    }
    output_.rows(block);
  }
}

}  // namespace minions::formats
