#include "formats/reduced_picture.h"

#include <optional>

#include "formats/image.h"
#include "formats/picture_writers.h"

namespace minions::formats {
namespace {

class Reducing final : public PixelOutput {
 public:
  Reducing(bool as_jpeg, std::uint64_t max_pixels) : as_jpeg_(as_jpeg), max_pixels_(max_pixels) {}

  void size(std::uint32_t width, std::uint32_t height) override {
    from_ = {width, height};
    const Sides to = reduced_sides(from_, max_pixels_);
    auto writer = as_jpeg_ ? jpeg_writer(to.width, to.height) : png_writer(to.width, to.height);
    if (writer) {
      reducer_.emplace(from_, to);
      writer_ = *std::move(writer);
    } else {
      status_ = stop(writer.error());
    }
  }
  void rows(ByteView rgb) override {
    const std::size_t row_bytes = std::size_t{from_.width} * 3;
    for (; status_ && !rgb.empty(); rgb = rgb.subspan(row_bytes)) {
      reducer_->add(rgb.first(row_bytes));
      if (!reducer_->row().empty()) status_ = writer_->row(reducer_->row());
    }
  }
  [[nodiscard]] Read<ReducedPicture> finish() {
    if (!status_) return stop(status_.error());
    auto file = writer_->finish();
    if (!file) return stop(file.error());
    return ReducedPicture{from_, *std::move(file)};
  }

 private:
  bool as_jpeg_;
  std::uint64_t max_pixels_;
  Sides from_{};
  std::optional<AreaReducer> reducer_;
  std::unique_ptr<PictureWriter> writer_;
  Read<void> status_;
};

}  // namespace

Read<ReducedPicture> reduce_picture(ByteView picture, const PixelLimits& limits) {
  Reducing output(image_type(picture) == "image/jpeg", limits.max_pixels_out);
  if (auto done = read_pixels(picture, limits, output); !done) return stop(done.error());
  return output.finish();
}

}  // namespace minions::formats
