#include "documents/picture.h"

#include <fmt/format.h>

#include "documents/helper.h"
#include "formats/image.h"

namespace minions::documents {
namespace {

constexpr std::uint64_t kBytesPerPixel = 3;
// The size of an incompressible pixel in PNG and JPEG, and of a one-pixel picture.
constexpr std::uint64_t kMaxCodedBytesPerPixel = 5;
constexpr std::uint64_t kFrameBytes = 4096;

ExtractorOptions extractor_options(const PictureOptions& options) {
  ExtractorOptions extractor;
  extractor.helper = options.helper;
  extractor.confinement = options.confinement;
  extractor.max_memory_bytes = options.max_memory_bytes;
  extractor.time_limit = options.time_limit;
  return extractor;
}

// Keeps exactly this many bytes, in memory allocated once: growing would leave copies of the picture.
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

std::uint64_t pixels_of(const formats::ImageHeader& header) { return std::uint64_t{header.width} * header.height; }

// From the header alone, so that a picture over the limit starts no process.
Result<formats::ImageHeader> header_of(ByteView bytes, const PictureOptions& options) {
  const std::string_view type = formats::image_type(bytes);
  if (type.empty() || type == "image/bmp")
    return fail(ErrorCode::kDocument, "is not a picture of a supported format: want PNG, JPEG, GIF or WebP");
  const auto header = formats::read_image_header(bytes);
  if (!header) return fail(ErrorCode::kDocument, "is damaged: its header breaks its own format");
  const std::uint64_t pixels = pixels_of(*header);
  if (pixels > options.max_pixels) {
    return fail(ErrorCode::kTooLarge, fmt::format("has {} x {} = {} pixels, at most {} are read", header->width,
                                                  header->height, pixels, options.max_pixels));
  }
  return *header;
}

Error other_pixels() { return {ErrorCode::kDocument, "is damaged: it does not have the pixels that its header says"}; }

// As displayed: a rotated picture has its sides exchanged. Without the pixels yet.
Result<Picture> sides_of(const HelperRemarks& found, const formats::ImageHeader& header) {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  for (const auto& [remark, number] : found.remarks) {
    if (remark == formats::Remark::kWidth) width = number;
    if (remark == formats::Remark::kHeight) height = number;
  }
  if (width == header.width && height == header.height) return Picture{header.width, header.height, {}};
  if (width == header.height && height == header.width) return Picture{header.height, header.width, {}};
  return fail(other_pixels());
}

}  // namespace

PictureOptions picture_options(const ExtractorOptions& options) {
  PictureOptions picture;
  picture.helper = options.helper;
  picture.confinement = options.confinement;
  return picture;
}

Result<Picture> decode_picture(ByteView bytes, const PictureOptions& options) {
  MINIONS_TRY_ASSIGN(const formats::ImageHeader header, header_of(bytes, options));
  MINIONS_TRY_ASSIGN(const FileDescriptor file, file_in_memory(bytes));
  PixelCollector collector(pixels_of(header) * kBytesPerPixel);
  MINIONS_TRY_ASSIGN(const HelperRemarks found,
                     run_helper({"pixels", file, {fmt::format("--max-pixels={}", options.max_pixels)}},
                                extractor_options(options), collector));
  if (!collector.is_full()) return fail(other_pixels());
  MINIONS_TRY_ASSIGN(Picture picture, sides_of(found, header));
  picture.rgb = std::move(collector).finish();
  return picture;
}

Result<std::optional<ReducedPicture>> reduce_picture(ByteView bytes, std::uint64_t max_pixels_out,
                                                     const PictureOptions& options) {
  if (const auto small = formats::read_image_header(bytes); small && pixels_of(*small) <= max_pixels_out)
    return std::nullopt;
  MINIONS_TRY_ASSIGN(const formats::ImageHeader header, header_of(bytes, options));
  MINIONS_TRY_ASSIGN(const FileDescriptor file, file_in_memory(bytes));
  BytesCollector collector((std::min(pixels_of(header), max_pixels_out) + kFrameBytes) * kMaxCodedBytesPerPixel);
  MINIONS_TRY_ASSIGN(const HelperRemarks found, run_helper({"reduce",
                                                            file,
                                                            {fmt::format("--max-pixels={}", options.max_pixels),
                                                             fmt::format("--max-pixels-out={}", max_pixels_out)}},
                                                           extractor_options(options), collector));
  MINIONS_TRY_ASSIGN(const Picture from, sides_of(found, header));
  const auto to = formats::read_image_header(as_bytes(collector.bytes()));
  if (!to || pixels_of(*to) > max_pixels_out)
    return fail(ErrorCode::kDocument, "is damaged: it cannot be made smaller");
  return ReducedPicture{from.width, from.height, to->width, to->height,
                        crypto::SecretText(std::string(collector.bytes()))};
}

std::string summary_of(const ReducedPicture& picture) {
  return fmt::format("reduced from {} x {} to {} x {} pixels", picture.from_width, picture.from_height,
                     picture.to_width, picture.to_height);
}

}  // namespace minions::documents
