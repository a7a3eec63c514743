// The modes that read the pixels of a picture, once this program is confined: the picture on descriptor 0, its pixels
// on descriptor 1, its width and height as remarks on descriptor 2.
#pragma once

#include <string_view>

#include "formats/pixels.h"

namespace minions::extract {

// pixels: rows of RGB, 3 bytes per pixel. reduce: a smaller picture of the same file type, or PNG. The exit status: 0
// or an ExtractExit; the output is whole only with 0.
[[nodiscard]] int read_picture(std::string_view mode, const formats::PixelLimits& limits);

}  // namespace minions::extract
