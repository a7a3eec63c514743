#include "picture.h"

#include <unistd.h>

#include "formats/reduced_picture.h"
#include "input.h"

namespace minions::extract {
namespace {

using namespace formats;

constexpr std::size_t kPipeBytes = 64 * 1024;  // the capacity of a pipe

void remark_size(std::uint32_t width, std::uint32_t height) {
  remark(Remark::kWidth, width);
  remark(Remark::kHeight, height);
}

// Rows are gathered until a pipe is full.
class PixelPipe final : public PixelOutput {
 public:
  void size(std::uint32_t width, std::uint32_t height) override { remark_size(width, height); }
  void rows(ByteView rgb) override {
    if (gathered_.size() + rgb.size() > kPipeBytes) flush();
    if (rgb.size() > kPipeBytes) return say(STDOUT_FILENO, as_text(rgb));
    append(gathered_, rgb);
  }
  void flush() {
    say(STDOUT_FILENO, as_text(gathered_));
    gathered_.clear();
  }

 private:
  Bytes gathered_;
};

Read<void> write_pixels(const PixelLimits& limits) {
  const auto picture = input_bytes(kAllOfInput);
  if (!picture) return stop(picture.error());
  PixelPipe pipe;
  if (auto done = read_pixels(as_bytes(*picture), limits, pipe); !done) return done;
  pipe.flush();
  return {};
}

Read<void> write_reduced(const PixelLimits& limits) {
  const auto picture = input_bytes(kAllOfInput);
  if (!picture) return stop(picture.error());
  const auto reduced = reduce_picture(as_bytes(*picture), limits);
  if (!reduced) return stop(reduced.error());
  remark_size(reduced->from.width, reduced->from.height);
  say(STDOUT_FILENO, reduced->file);
  return {};
}

}  // namespace

int read_picture(std::string_view mode, const PixelLimits& limits) {
  stop_when_out_of_memory();
  const auto done = mode == "reduce" ? write_reduced(limits) : write_pixels(limits);
  return done ? 0 : static_cast<int>(done.error());
}

}  // namespace minions::extract
