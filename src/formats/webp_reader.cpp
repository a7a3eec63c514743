#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "formats/picture_readers.h"

namespace minions::formats {
namespace {

struct Release {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
  void operator()(WebPIterator* frame) const { WebPDemuxReleaseIterator(frame); }
  void operator()(WebPChunkIterator* chunk) const { WebPDemuxReleaseChunkIterator(chunk); }
};

ExtractExit exit_of(VP8StatusCode code) {
  if (code == VP8_STATUS_OUT_OF_MEMORY) return ExtractExit::kOutOfMemory;
  return code == VP8_STATUS_UNSUPPORTED_FEATURE ? ExtractExit::kPictureCoding : ExtractExit::kDamaged;
}

Orientation orientation_of(const WebPDemuxer& file) {
  WebPChunkIterator chunk{};
  const std::unique_ptr<WebPChunkIterator, Release> released(&chunk);
  if (WebPDemuxGetChunk(&file, "EXIF", 1, &chunk) == 0) return Orientation::kUpright;
  return read_orientation(ByteView(chunk.chunk.bytes, chunk.chunk.size));
}

// RGBA, or RGB where the frame has no transparency.
Read<Bytes> decode(const WebPIterator& frame, std::size_t channels) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return stop(ExtractExit::kPictureCoding);
  const VP8StatusCode examined = WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &config.input);
  if (examined != VP8_STATUS_OK) return stop(exit_of(examined));
  if (config.input.width != frame.width || config.input.height != frame.height) return stop(ExtractExit::kDamaged);
  const std::size_t row_bytes = static_cast<std::size_t>(frame.width) * channels;
  Bytes pixels(row_bytes * static_cast<std::size_t>(frame.height));
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {pixels.data(), static_cast<int>(row_bytes), pixels.size()};
  const VP8StatusCode decoded = WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
  WebPFreeDecBuffer(&config.output);
  if (decoded != VP8_STATUS_OK) return stop(exit_of(decoded));
  return pixels;
}

struct Canvas {
  std::uint32_t width;
  std::uint32_t height;
};

Read<void> write_on_canvas(const WebPIterator& frame, const Canvas& canvas, RowWriter& writer) {
  const auto left = static_cast<std::uint32_t>(frame.x_offset);
  const auto top = static_cast<std::uint32_t>(frame.y_offset);
  const auto width = static_cast<std::uint32_t>(frame.width);
  const auto height = static_cast<std::uint32_t>(frame.height);
  if (left + width > canvas.width || top + height > canvas.height) return stop(ExtractExit::kDamaged);
  const bool covers_canvas = width == canvas.width && height == canvas.height;
  const std::size_t channels = frame.has_alpha != 0 || !covers_canvas ? 4 : 3;
  const auto pixels = decode(frame, channels);
  if (!pixels) return stop(pixels.error());
  const std::size_t row_bytes = width * channels;
  Bytes around(covers_canvas ? 0 : std::size_t{canvas.width} * 4);  // transparent
  for (std::uint32_t y = 0; y < canvas.height; ++y) {
    if (y < top || y - top >= height) {
      std::fill(around.begin(), around.end(), std::uint8_t{0});
      writer.rgba(around);
      continue;
    }
    const ByteView row = ByteView(*pixels).subspan((y - top) * row_bytes, row_bytes);
    if (!covers_canvas) {
      std::copy(row.begin(), row.end(), around.data() + std::size_t{left} * 4);
      writer.rgba(around);
    } else if (channels == 4) {
      writer.rgba(row);
    } else {
      writer.rgb(row);
    }
  }
  return writer.finish();
}

}  // namespace

Read<void> read_webp(ByteView bytes, RowWriter& writer) {
  const WebPData data{bytes.data(), bytes.size()};
  // Nothing if any part of the container violates its format or is truncated.
  const std::unique_ptr<WebPDemuxer, Release> file(WebPDemux(&data));
  if (file == nullptr) return stop(ExtractExit::kDamaged);
  const Canvas canvas{WebPDemuxGetI(file.get(), WEBP_FF_CANVAS_WIDTH),
                      WebPDemuxGetI(file.get(), WEBP_FF_CANVAS_HEIGHT)};
  if (auto done = writer.begin(canvas.width, canvas.height, orientation_of(*file)); !done) return done;
  WebPIterator frame{};
  const std::unique_ptr<WebPIterator, Release> released(&frame);
  if (WebPDemuxGetFrame(file.get(), 1, &frame) == 0 || frame.complete == 0) return stop(ExtractExit::kDamaged);
  return write_on_canvas(frame, canvas, writer);
}

}  // namespace minions::formats
