#include "base/byte_io.h"

#include <fmt/format.h>

namespace minions {

Result<ByteView> ByteReader::take(std::size_t count, std::string_view field) {
  if (count > left()) {
    return fail(ErrorCode::kMalformed, fmt::format("{}: want {} bytes at {}, found {}", field, count, at_, left()));
  }
  const ByteView taken = bytes_.subspan(at_, count);
  at_ += count;
  return taken;
}

Status ByteReader::finish(std::string_view what) const {
  if (left() != 0) return fail(ErrorCode::kMalformed, fmt::format("{}: {} bytes after its end", what, left()));
  return {};
}

}  // namespace minions
