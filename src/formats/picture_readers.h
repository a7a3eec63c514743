// One reader per picture format, each around the format's own library. They receive the whole file and write rows.
#pragma once

#include "formats/row_writer.h"

namespace minions::formats {

[[nodiscard]] Read<void> read_png(ByteView bytes, RowWriter& writer);
[[nodiscard]] Read<void> read_jpeg(ByteView bytes, RowWriter& writer);
[[nodiscard]] Read<void> read_gif(ByteView bytes, RowWriter& writer);
[[nodiscard]] Read<void> read_webp(ByteView bytes, RowWriter& writer);

}  // namespace minions::formats
