#include <png.h>

#include <csetjmp>
#include <type_traits>

#include "formats/picture_writers.h"

namespace minions::formats {
namespace {

// As in png_reader.cpp: only guarded() calls libpng, in steps whose frames hold nothing with a destructor.
class PngWriter final : public PictureWriter {
 public:
  PngWriter()
      : png_(png_create_write_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning)),
        info_(png_ == nullptr ? nullptr : png_create_info_struct(png_)) {}
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;
  ~PngWriter() override { png_destroy_write_struct(&png_, &info_); }

  [[nodiscard]] Read<void> begin(std::uint32_t width, std::uint32_t height) {
    if (width > PNG_UINT_31_MAX || height > PNG_UINT_31_MAX) return stop(ExtractExit::kTooManyPixels);
    if (info_ == nullptr) return stop(ExtractExit::kOutOfMemory);
    return guarded([this, width, height] {
      png_set_write_fn(png_, this, write, nullptr);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
      png_set_IHDR(png_, info_, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                   PNG_FILTER_TYPE_DEFAULT);
      png_write_info(png_, info_);
    });
  }
  [[nodiscard]] Read<void> row(ByteView rgb) override {
    return guarded([this, rgb] { png_write_row(png_, rgb.data()); });
  }
  [[nodiscard]] Read<std::string> finish() override {
    if (auto done = guarded([this] { png_write_end(png_, nullptr); }); !done) return stop(done.error());
    return std::move(file_);
  }

 private:
  // Only two failures are possible: memory, and a wrong number of rows.
  template <class Step>
  [[nodiscard]] Read<void> guarded(Step step) {
    static_assert(std::is_trivially_destructible_v<Step>);
    if (setjmp(png_jmpbuf(png_)) != 0) return stop(ExtractExit::kOutOfMemory);
    step();
    return {};
  }
  [[noreturn]] static void on_error(png_structp png, png_const_charp) { png_longjmp(png, 1); }
  static void on_warning(png_structp, png_const_charp) {}
  // If memory runs out, the handler of `new` ends the program: no exception passes through libpng.
  static void write(png_structp png, png_bytep data, std::size_t size) {
    static_cast<PngWriter*>(png_get_io_ptr(png))->file_.append(reinterpret_cast<const char*>(data), size);
  }

  png_structp png_;
  png_infop info_;
  std::string file_;
};

}  // namespace

Read<std::unique_ptr<PictureWriter>> png_writer(std::uint32_t width, std::uint32_t height) {
  auto writer = std::make_unique<PngWriter>();
  if (auto done = writer->begin(width, height); !done) return stop(done.error());
  return writer;
}

}  // namespace minions::formats
