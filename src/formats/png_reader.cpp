#include <png.h>

#include <csetjmp>
#include <cstring>
#include <type_traits>

#include "formats/picture_readers.h"

namespace minions::formats {
namespace {

constexpr std::size_t kSignatureBytes = 8;

// libpng leaves through longjmp on a fault. Only guarded() calls it, in steps whose frames hold nothing with a
// destructor.
class PngFile {
 public:
  explicit PngFile(ByteView bytes)
      : bytes_(bytes),
        png_(png_create_read_struct_2(PNG_LIBPNG_VER_STRING, this, on_error, on_warning, this, allocate, release)),
        info_(png_ == nullptr ? nullptr : png_create_info_struct(png_)) {}
  PngFile(const PngFile&) = delete;
  PngFile& operator=(const PngFile&) = delete;
  ~PngFile() { png_destroy_read_struct(&png_, &info_, nullptr); }

  // The header, and the form of the rows: 3 or 4 channels of 8 bits.
  [[nodiscard]] Read<void> open() {
    if (info_ == nullptr) return stop(ExtractExit::kOutOfMemory);
    const bool opened = guarded([this] {
      png_set_read_fn(png_, this, read);
      png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // RowWriter limits their product
      // Texts, profiles and anything else that the pixels do not depend on.
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_read_info(png_, info_);
      png_set_expand(png_);
      png_set_scale_16(png_);
      png_set_gray_to_rgb(png_);
    });
    return opened ? Read<void>() : stop(why());
  }

  [[nodiscard]] std::uint32_t width() const { return png_get_image_width(png_, info_); }
  [[nodiscard]] std::uint32_t height() const { return png_get_image_height(png_, info_); }

  // After RowWriter has received the size. The passes over the rows: 1, or 7 of an interlaced picture.
  [[nodiscard]] Read<int> start() {
    const bool started = guarded([this] {
      passes_ = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    if (!started) return stop(why());
    channels_ = png_get_channels(png_, info_);
    const bool as_asked = png_get_bit_depth(png_, info_) == 8 && (channels_ == 3 || channels_ == 4) &&
                          png_get_rowbytes(png_, info_) == std::size_t{width()} * channels_;
    if (!as_asked) return stop(ExtractExit::kPictureCoding);
    return passes_;
  }

  [[nodiscard]] std::size_t row_bytes() const { return std::size_t{width()} * channels_; }

  [[nodiscard]] Read<void> row(std::uint8_t* to) {
    return guarded([this, to] { png_read_row(png_, to, nullptr); }) ? Read<void>() : stop(why());
  }
  void write(ByteView row, RowWriter& writer) const {
    if (channels_ == 4) return writer.rgba(row);
    writer.rgb(row);
  }
  // The checksums of what follows the rows, and the chunk that ends the file.
  [[nodiscard]] Read<void> close() {
    return guarded([this] { png_read_end(png_, nullptr); }) ? Read<void>() : stop(why());
  }

 private:
  template <class Step>
  [[nodiscard]] bool guarded(Step step) {
    static_assert(std::is_trivially_destructible_v<Step>);
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    step();
    return true;
  }
  [[nodiscard]] ExtractExit why() const {
    return is_out_of_memory_ ? ExtractExit::kOutOfMemory : ExtractExit::kDamaged;
  }

  [[noreturn]] static void on_error(png_structp png, png_const_charp) { png_longjmp(png, 1); }
  static void on_warning(png_structp, png_const_charp) {}
  static void read(png_structp png, png_bytep to, std::size_t size) {
    auto* const file = static_cast<PngFile*>(png_get_io_ptr(png));
    if (file->bytes_.size() < size) png_error(png, "the file ends here");
    std::memcpy(to, file->bytes_.data(), size);
    file->bytes_ = file->bytes_.subspan(size);
  }
  static png_voidp allocate(png_structp png, png_alloc_size_t size) {
    void* const memory = std::malloc(size);
    if (memory == nullptr) static_cast<PngFile*>(png_get_mem_ptr(png))->is_out_of_memory_ = true;
    return memory;
  }
  static void release(png_structp, png_voidp memory) { std::free(memory); }

  ByteView bytes_;  // what libpng has not read yet
  bool is_out_of_memory_ = false;
  int passes_ = 0;
  std::uint32_t channels_ = 0;
  png_structp png_;
  png_infop info_;
};

// Needed before the first row, but may come after the last: the chunks are walked here. libpng checks their checksums.
Orientation orientation_of(ByteView png) {
  constexpr std::size_t kFrameBytes = 12;  // length, name, checksum
  std::size_t at = kSignatureBytes;
  while (png.size() >= at + kFrameBytes) {
    std::size_t length = 0;
    for (const std::uint8_t byte : png.subspan(at, 4)) length = length << 8 | byte;
    if (length > png.size() - at - kFrameBytes) break;
    if (as_text(png.subspan(at + 4, 4)) == "eXIf") return read_orientation(png.subspan(at + 8, length));
    at += kFrameBytes + length;
  }
  return Orientation::kUpright;
}

Read<void> copy_rows(PngFile& file, RowWriter& writer) {
  Bytes row(file.row_bytes());
  for (std::uint32_t y = 0; y < file.height(); ++y) {
    if (auto done = file.row(row.data()); !done) return done;
    file.write(row, writer);
  }
  return {};
}

// Each pass fills in more pixels of the rows left by the previous ones.
Read<void> copy_interlaced(PngFile& file, int passes, RowWriter& writer) {
  Bytes rows(file.row_bytes() * file.height());
  for (int pass = 0; pass < passes; ++pass) {
    for (std::uint32_t y = 0; y < file.height(); ++y) {
      if (auto done = file.row(rows.data() + y * file.row_bytes()); !done) return done;
    }
  }
  for (std::uint32_t y = 0; y < file.height(); ++y)
    file.write(ByteView(rows).subspan(y * file.row_bytes(), file.row_bytes()), writer);
  return {};
}

}  // namespace

Read<void> read_png(ByteView bytes, RowWriter& writer) {
  PngFile file(bytes);
  if (auto done = file.open(); !done) return done;
  if (auto done = writer.begin(file.width(), file.height(), orientation_of(bytes)); !done) return done;
  const auto passes = file.start();
  if (!passes) return stop(passes.error());
  if (auto done = *passes == 1 ? copy_rows(file, writer) : copy_interlaced(file, *passes, writer); !done) return done;
  if (auto done = file.close(); !done) return done;
  return writer.finish();
}

}  // namespace minions::formats
