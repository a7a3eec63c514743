#include <cstddef>
#include <cstdio>
// It needs the two above.
#include <jpeglib.h>

#include <csetjmp>
#include <cstdlib>
#include <type_traits>

#include "formats/picture_writers.h"

namespace minions::formats {
namespace {

constexpr int kQuality = 90;

// As in jpeg_reader.cpp: only guarded() calls libjpeg, in steps whose frames hold nothing with a destructor.
class JpegWriter final : public PictureWriter {
 public:
  JpegWriter() {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = on_error;
    errors_.emit_message = on_message;
    info_.client_data = this;
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() override {
    jpeg_destroy_compress(&info_);
    std::free(output_);
  }

  [[nodiscard]] Read<void> begin(std::uint32_t width, std::uint32_t height) {
    if (width > JPEG_MAX_DIMENSION || height > JPEG_MAX_DIMENSION) return stop(ExtractExit::kTooManyPixels);
    return guarded([this, width, height] {
      jpeg_create_compress(&info_);  // keeps `err` and `client_data`
      jpeg_mem_dest(&info_, &output_, &output_bytes_);
      info_.image_width = width;
      info_.image_height = height;
      info_.input_components = 3;
      info_.in_color_space = JCS_RGB;
      jpeg_set_defaults(&info_);
      jpeg_set_quality(&info_, kQuality, TRUE);
      info_.optimize_coding = TRUE;
      jpeg_start_compress(&info_, TRUE);
    });
  }
  [[nodiscard]] Read<void> row(ByteView rgb) override {
    return guarded([this, rgb] {
      JSAMPROW rows[] = {const_cast<JSAMPROW>(rgb.data())};  // only read
      (void)jpeg_write_scanlines(&info_, rows, 1);
    });
  }
  [[nodiscard]] Read<std::string> finish() override {
    if (auto done = guarded([this] { jpeg_finish_compress(&info_); }); !done) return stop(done.error());
    return std::string(reinterpret_cast<const char*>(output_), output_bytes_);
  }

 private:
  // Only two failures are possible: memory, and a wrong number of rows.
  template <class Step>
  [[nodiscard]] Read<void> guarded(Step step) {
    static_assert(std::is_trivially_destructible_v<Step>);
    if (setjmp(fault_) != 0) return stop(ExtractExit::kOutOfMemory);
    step();
    return {};
  }
  [[noreturn]] static void on_error(j_common_ptr info) {
    std::longjmp(static_cast<JpegWriter*>(info->client_data)->fault_, 1);
  }
  static void on_message(j_common_ptr, int) {}

  jpeg_compress_struct info_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf fault_{};
  unsigned char* output_ = nullptr;
  unsigned long output_bytes_ = 0;
};

}  // namespace

Read<std::unique_ptr<PictureWriter>> jpeg_writer(std::uint32_t width, std::uint32_t height) {
  auto writer = std::make_unique<JpegWriter>();
  if (auto done = writer->begin(width, height); !done) return stop(done.error());
  return writer;
}

}  // namespace minions::formats
