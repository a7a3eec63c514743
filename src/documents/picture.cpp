#include "documents/picture.h"

#include <fmt/format.h>

#include <limits>

#include "documents/helper.h"
#include "formats/image.h"

namespace minions::documents {
namespace {

constexpr std::uint64_t kBytesPerPixel = 3;

ExtractorOptions extractor_options(const PictureOptions& options) {
  ExtractorOptions extractor;
  extractor.helper = options.helper;
  extractor.confinement = options.confinement;
  extractor.max_memory_bytes = options.max_memory_bytes;
  extractor.time_limit = options.time_limit;
  return extractor;
}

// Keeps exactly so many bytes, in memory that is taken once: growing would leave copies of the picture.
class PixelCollector final : public OutputSink {
 public:
  explicit PixelCollector(std::uint64_t want_bytes) : want_bytes_(want_bytes) { rgb_.reserve(want_bytes); }
  ~PixelCollector() override { crypto::wipe({reinterpret_cast<std::uint8_t*>(rgb_.data()), rgb_.size()}); }

  [[nodiscard]] Status take(std::string_view added) override {
    if (added.size() > want_bytes_ - rgb_.size())
      return fail(ErrorCode::kDocument, "is damaged: it has more pixels than its header says");
    rgb_.append(added);
    return {};
  }
  [[nodiscard]] bool is_full() const { return rgb_.size() == want_bytes_; }
  [[nodiscard]] crypto::SecretText finish() && { return crypto::SecretText(std::move(rgb_)); }

 private:
  std::uint64_t want_bytes_;
  std::string rgb_;
};

// From the header alone, so that a picture over the limit starts no process.
Result<std::uint64_t> pixels_of(ByteView bytes, const PictureOptions& options) {
  const std::string_view type = formats::image_type(bytes);
  if (type.empty() || type == "image/bmp")
    return fail(ErrorCode::kDocument, "is no picture that is read here: want PNG, JPEG, GIF or WebP");
  const auto header = formats::read_image_header(bytes);
  if (!header) return fail(ErrorCode::kDocument, "is damaged: its header breaks its own format");
  const std::uint64_t pixels = std::uint64_t{header->width} * header->height;
  if (pixels > options.max_pixels) {
    return fail(ErrorCode::kTooLarge, fmt::format("has {} x {} = {} pixels, at most {} are read", header->width,
                                                  header->height, pixels, options.max_pixels));
  }
  return pixels;
}

Error other_pixels() { return {ErrorCode::kDocument, "is damaged: it does not have the pixels that its header says"}; }

// Without the pixels yet.
Result<Picture> sides_of(const HelperRemarks& found, std::uint64_t pixels) {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  for (const auto& [remark, number] : found.remarks) {
    if (remark == formats::Remark::kWidth) width = number;
    if (remark == formats::Remark::kHeight) height = number;
  }
  const bool fits = width > 0 && pixels % width == 0 && pixels / width == height;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (!fits || width > kMost || height > kMost) return fail(other_pixels());
  return Picture{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), {}};
}

}  // namespace

Result<Picture> decode_picture(ByteView bytes, const PictureOptions& options) {
  MINIONS_TRY_ASSIGN(const std::uint64_t pixels, pixels_of(bytes, options));
  MINIONS_TRY_ASSIGN(const OpenFile file, file_in_memory(bytes));
  PixelCollector collector(pixels * kBytesPerPixel);
  MINIONS_TRY_ASSIGN(const HelperRemarks found,
                     run_helper({"pixels", file, {fmt::format("--max-pixels={}", options.max_pixels)}},
                                extractor_options(options), collector));
  if (!collector.is_full()) return fail(other_pixels());
  MINIONS_TRY_ASSIGN(Picture picture, sides_of(found, pixels));
  picture.rgb = std::move(collector).finish();
  return picture;
}

}  // namespace minions::documents
