#include <gif_lib.h>

#include <array>
#include <optional>

#include "formats/picture_readers.h"

namespace minions::formats {
namespace {

using Colour = ByteArray<3>;
constexpr Colour kWhite = {255, 255, 255};

struct Frame {
  std::uint32_t left;
  std::uint32_t top;
  std::uint32_t width;
  std::uint32_t height;
  bool is_interlaced;
};

class GifFile {
 public:
  explicit GifFile(ByteView bytes) : bytes_(bytes), gif_(DGifOpen(this, read, &error_)) {}
  GifFile(const GifFile&) = delete;
  GifFile& operator=(const GifFile&) = delete;
  ~GifFile() {
    if (gif_ != nullptr) DGifCloseFile(gif_, nullptr);
  }

  [[nodiscard]] bool is_open() const { return gif_ != nullptr; }
  [[nodiscard]] ExtractExit why() const {
    return (gif_ == nullptr ? error_ : gif_->Error) == D_GIF_ERR_NOT_ENOUGH_MEM ? ExtractExit::kOutOfMemory
                                                                                : ExtractExit::kDamaged;
  }
  [[nodiscard]] std::uint32_t width() const { return static_cast<std::uint32_t>(gif_->SWidth); }
  [[nodiscard]] std::uint32_t height() const { return static_cast<std::uint32_t>(gif_->SHeight); }

  // Skips what precedes the first frame, except for its transparent colour.
  [[nodiscard]] Read<Frame> first_frame() {
    for (;;) {
      GifRecordType type = UNDEFINED_RECORD_TYPE;
      if (DGifGetRecordType(gif_, &type) != GIF_OK) return stop(why());
      if (type == IMAGE_DESC_RECORD_TYPE) break;
      if (type != EXTENSION_RECORD_TYPE) return stop(ExtractExit::kDamaged);
      if (!take_extension()) return stop(why());
    }
    if (DGifGetImageDesc(gif_) != GIF_OK) return stop(why());
    const GifImageDesc& found = gif_->Image;
    const Frame frame{static_cast<std::uint32_t>(found.Left), static_cast<std::uint32_t>(found.Top),
                      static_cast<std::uint32_t>(found.Width), static_cast<std::uint32_t>(found.Height),
                      found.Interlace};
    // "Each image must fit within the boundaries of the Logical Screen": GIF89a specification, section 20.
    const bool fits = frame.width > 0 && frame.height > 0 && frame.left + frame.width <= width() &&
                      frame.top + frame.height <= height();
    return fits ? Read<Frame>(frame) : stop(ExtractExit::kDamaged);
  }

  [[nodiscard]] bool line(std::uint8_t* to, std::uint32_t width) {
    return DGifGetLine(gif_, to, static_cast<int>(width)) == GIF_OK;
  }
  // The file continues after the frame, or ends as it must.
  [[nodiscard]] bool goes_on() {
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    return DGifGetRecordType(gif_, &type) == GIF_OK;
  }

  [[nodiscard]] std::optional<Colour> colour(std::uint8_t index) const {
    if (index == transparent_) return kWhite;
    const ColorMapObject* const map = gif_->Image.ColorMap != nullptr ? gif_->Image.ColorMap : gif_->SColorMap;
    if (map == nullptr || index >= map->ColorCount) return std::nullopt;
    const GifColorType& found = map->Colors[index];
    return Colour{found.Red, found.Green, found.Blue};
  }

 private:
  [[nodiscard]] bool take_extension() {
    int code = 0;
    GifByteType* data = nullptr;  // preceded by its length
    if (DGifGetExtension(gif_, &code, &data) != GIF_OK) return false;
    GraphicsControlBlock control{};
    if (code == GRAPHICS_EXT_FUNC_CODE && data != nullptr && DGifExtensionToGCB(data[0], data + 1, &control) == GIF_OK)
      transparent_ = control.TransparentColor;
    while (data != nullptr) {
      if (DGifGetExtensionNext(gif_, &data) != GIF_OK) return false;
    }
    return true;
  }

  static int read(GifFileType* gif, GifByteType* to, int size) {
    auto* const file = static_cast<GifFile*>(gif->UserData);
    const std::size_t count = std::min(static_cast<std::size_t>(std::max(size, 0)), file->bytes_.size());
    std::copy_n(file->bytes_.data(), count, to);
    file->bytes_ = file->bytes_.subspan(count);
    return static_cast<int>(count);
  }

  ByteView bytes_;  // what giflib has not read yet
  int error_ = 0;
  GifFileType* gif_;
  int transparent_ = NO_TRANSPARENT_COLOR;
};

// The indices of the frame, row by row from the top.
Read<Bytes> read_indices(GifFile& file, const Frame& frame) {
  struct Pass {
    std::uint32_t first;
    std::uint32_t step;
  };
  static constexpr std::array<Pass, 4> kInterlaced = {{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};  // GIF89a, appendix E
  static constexpr std::array<Pass, 1> kPlain = {{{0, 1}}};
  Bytes indices(std::size_t{frame.width} * frame.height);
  for (const Pass& pass : frame.is_interlaced ? std::span<const Pass>(kInterlaced) : std::span<const Pass>(kPlain)) {
    for (std::uint32_t y = pass.first; y < frame.height; y += pass.step) {
      if (!file.line(indices.data() + std::size_t{y} * frame.width, frame.width)) return stop(file.why());
    }
  }
  if (!file.goes_on()) return stop(file.why());
  return indices;
}

}  // namespace

Read<void> read_gif(ByteView bytes, RowWriter& writer) {
  GifFile file(bytes);
  if (!file.is_open()) return stop(file.why());
  if (auto done = writer.begin(file.width(), file.height(), Orientation::kUpright); !done) return done;
  const auto frame = file.first_frame();
  if (!frame) return stop(frame.error());
  const auto indices = read_indices(file, *frame);
  if (!indices) return stop(indices.error());
  Bytes row(std::size_t{file.width()} * 3);
  for (std::uint32_t y = 0; y < file.height(); ++y) {
    std::fill(row.begin(), row.end(), kWhite[0]);
    const bool has_frame = y >= frame->top && y - frame->top < frame->height;
    for (std::uint32_t x = 0; has_frame && x < frame->width; ++x) {
      const auto colour = file.colour((*indices)[std::size_t{y - frame->top} * frame->width + x]);
      if (!colour) return stop(ExtractExit::kDamaged);
      std::copy(colour->begin(), colour->end(), row.data() + (std::size_t{frame->left} + x) * 3);
    }
    writer.rgb(row);
  }
  return writer.finish();
}

}  // namespace minions::formats
