#include <cstddef>
#include <cstdio>
// They need the two above.
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <type_traits>

#include "formats/picture_readers.h"

namespace minions::formats {
namespace {

// Each scan of a progressive picture covers all of it; encoders write about ten.
constexpr int kMaxScans = 200;

ExtractExit exit_of(int error) {
  switch (error) {
    case JERR_OUT_OF_MEMORY: return ExtractExit::kOutOfMemory;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_SOF_UNSUPPORTED: return ExtractExit::kPictureCoding;
    default: return ExtractExit::kDamaged;
  }
}

// Warnings about what surrounds the pixels. All others mean that the library made some up.
bool is_harmless(int warning) {
  return warning == JWRN_ADOBE_XFORM || warning == JWRN_BOGUS_ICC || warning == JWRN_EXTRANEOUS_DATA ||
         warning == JWRN_JFIF_MAJOR;
}

// libjpeg leaves through longjmp on a fault. Only guarded() calls it, in steps whose frames hold nothing with a
// destructor.
class JpegFile {
 public:
  JpegFile() {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = on_error;
    errors_.emit_message = on_message;
    info_.client_data = this;
  }
  JpegFile(const JpegFile&) = delete;
  JpegFile& operator=(const JpegFile&) = delete;
  ~JpegFile() { jpeg_destroy_decompress(&info_); }

  [[nodiscard]] Read<void> open(ByteView bytes) {
    const bool opened = guarded([this, bytes] {
      jpeg_create_decompress(&info_);  // keeps `err` and `client_data`
      progress_.progress_monitor = on_progress;
      info_.progress = &progress_;
      jpeg_mem_src(&info_, bytes.data(), bytes.size());
      jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
      (void)jpeg_read_header(&info_, TRUE);
      is_cmyk_ = info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
      info_.out_color_space = is_cmyk_ ? JCS_CMYK : JCS_RGB;
    });
    return opened ? Read<void>() : stop(why_);
  }

  [[nodiscard]] std::uint32_t width() const { return info_.image_width; }
  [[nodiscard]] std::uint32_t height() const { return info_.image_height; }
  [[nodiscard]] bool is_cmyk() const { return is_cmyk_; }
  // Adobe's programs store how little ink there is.
  [[nodiscard]] bool is_inverted() const { return info_.saw_Adobe_marker != 0; }
  [[nodiscard]] Orientation orientation() const {
    using namespace std::string_view_literals;
    for (auto* marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      const ByteView data(marker->data, marker->data_length);
      if (as_text(data).starts_with("Exif\0\0"sv)) return read_orientation(data);
    }
    return Orientation::kUpright;
  }

  // After RowWriter has received the size. Reads all scans of a progressive picture.
  [[nodiscard]] Read<void> start() {
    if (!guarded([this] { (void)jpeg_start_decompress(&info_); })) return stop(why_);
    const bool as_asked = info_.output_width == width() && info_.output_height == height() &&
                          info_.output_components == (is_cmyk_ ? 4 : 3);
    return as_asked ? Read<void>() : stop(ExtractExit::kPictureCoding);
  }
  [[nodiscard]] Read<void> row(std::uint8_t* to) {
    JSAMPROW rows[] = {to};
    JDIMENSION count = 0;
    if (!guarded([this, &rows, &count] { count = jpeg_read_scanlines(&info_, rows, 1); })) return stop(why_);
    return count == 1 ? Read<void>() : stop(ExtractExit::kDamaged);
  }
  [[nodiscard]] Read<void> close() {
    return guarded([this] { (void)jpeg_finish_decompress(&info_); }) ? Read<void>() : stop(why_);
  }

 private:
  template <class Step>
  [[nodiscard]] bool guarded(Step step) {
    static_assert(std::is_trivially_destructible_v<Step>);
    if (setjmp(fault_) != 0) return false;
    step();
    return true;
  }

  [[noreturn]] static void leave(j_common_ptr info, ExtractExit why) {
    auto* const file = static_cast<JpegFile*>(info->client_data);
    file->why_ = why;
    std::longjmp(file->fault_, 1);
  }
  static void on_error(j_common_ptr info) { leave(info, exit_of(info->err->msg_code)); }
  // A level below zero is a warning: data that is corrupt, or ends too early.
  static void on_message(j_common_ptr info, int level) {
    if (level < 0 && !is_harmless(info->err->msg_code)) leave(info, ExtractExit::kDamaged);
  }
  static void on_progress(j_common_ptr info) {
    if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans) leave(info, ExtractExit::kBomb);
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf fault_{};
  ExtractExit why_ = ExtractExit::kDamaged;
  bool is_cmyk_ = false;
};

// Without the profile of a press: ink takes light away, as screens show it.
void cmyk_to_rgb(ByteView cmyk, bool inverted, MutableBytes rgb) {
  const std::uint8_t ink = inverted ? 0 : 0xFF;
  for (std::size_t from = 0, to = 0; to < rgb.size(); from += 4, to += 3) {
    const std::uint32_t light = cmyk[from + 3] ^ ink;
    for (std::size_t i = 0; i < 3; ++i)
      rgb[to + i] = static_cast<std::uint8_t>(((cmyk[from + i] ^ ink) * light + 127) / 255);
  }
}

}  // namespace

Read<void> read_jpeg(ByteView bytes, RowWriter& writer) {
  JpegFile file;
  if (auto done = file.open(bytes); !done) return done;
  if (auto done = writer.begin(file.width(), file.height(), file.orientation()); !done) return done;
  if (auto done = file.start(); !done) return done;
  Bytes row(std::size_t{file.width()} * (file.is_cmyk() ? 4 : 3));
  Bytes rgb(file.is_cmyk() ? std::size_t{file.width()} * 3 : 0);
  for (std::uint32_t y = 0; y < file.height(); ++y) {
    if (auto done = file.row(row.data()); !done) return done;
    if (file.is_cmyk()) cmyk_to_rgb(row, file.is_inverted(), rgb);
    writer.rgb(file.is_cmyk() ? rgb : row);
  }
  if (auto done = file.close(); !done) return done;
  return writer.finish();
}

}  // namespace minions::formats
