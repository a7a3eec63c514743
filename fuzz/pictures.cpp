// Pixels of pictures. The first byte: 0 for a file as it is, 1 for a PNG whose checksums are set right here, so that
// what is made up reaches the decoder behind them.
#include <zlib.h>

#include "formats/image.h"
#include "formats/reduced_picture.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

constexpr std::size_t kLimitBytes = 64 * 1024;
constexpr std::uint64_t kMaxPixels = 1 << 20;

class Checked final : public formats::PixelOutput {
 public:
  void size(std::uint32_t width, std::uint32_t height) override {
    require(want_bytes_ == 0, "the size is said once");
    require(width > 0 && height > 0, "no side is zero");
    require(std::uint64_t{width} * height <= kMaxPixels, "the limit of pixels holds");
    row_bytes_ = std::size_t{width} * 3;
    want_bytes_ = row_bytes_ * height;
  }
  void rows(ByteView rgb) override {
    require(want_bytes_ > 0, "the size comes first");
    require(rgb.size() % row_bytes_ == 0, "rows are whole");
    bytes_ += rgb.size();
    require(bytes_ <= want_bytes_, "no more pixels than were said");
  }
  void check_whole() const { require(want_bytes_ > 0 && bytes_ == want_bytes_, "a picture that is read is whole"); }

 private:
  std::size_t row_bytes_ = 0;
  std::size_t want_bytes_ = 0;
  std::size_t bytes_ = 0;
};

void set_checksums(Bytes& png) {
  std::size_t at = 8;
  while (png.size() >= at + 12) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | png[at + i];
    if (length > png.size() - at - 12) return;
    const auto checksum = crc32(0, png.data() + at + 4, static_cast<uInt>(length + 4));
    for (std::size_t i = 0; i < 4; ++i)
      png[at + 8 + length + i] = static_cast<std::uint8_t>(checksum >> (24 - 8 * i) & 0xFF);
    at += 12 + length;
  }
}

bool read_whole(ByteView file) {
  Checked output;
  if (!formats::read_pixels(file, {.max_pixels = kMaxPixels}, output)) return false;
  output.check_whole();
  return true;
}

void reduce(ByteView file) {
  constexpr std::uint64_t kMost = 1000;
  const auto reduced = formats::reduce_picture(file, {.max_pixels = kMaxPixels, .max_pixels_out = kMost});
  if (!reduced) return;
  const auto header = formats::read_image_header(as_bytes(reduced->file));
  require(header && std::uint64_t{header->width} * header->height <= kMost, "a reduced picture has so many pixels");
  require(read_whole(as_bytes(reduced->file)), "a reduced picture can be read");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  if (size > fuzz::kLimitBytes) return 0;
  ByteView input(data, size);
  const std::uint8_t choice = fuzz::take_byte(input);
  Bytes file = to_bytes(input);
  if ((choice & 1) != 0) fuzz::set_checksums(file);
  if (fuzz::read_whole(file) && (choice & 2) != 0) fuzz::reduce(file);
  return 0;
}
