#include "gateway/utf8_check.h"

#include <algorithm>

namespace minions::gateway {
namespace {

// The bytes before the first block that is not all ASCII.
std::size_t ascii_blocks(std::string_view text) {
  constexpr std::size_t kBlock = 32;
  std::size_t at = 0;
  for (; at + kBlock <= text.size(); at += kBlock) {
    unsigned char found = 0;
    for (std::size_t i = 0; i < kBlock; ++i) found |= static_cast<unsigned char>(text[at + i]);
    if (found >= 0x80) break;
  }
  return at;
}

}  // namespace

std::size_t Utf8Check::take(std::string_view piece) {
  std::size_t at = 0;
  while (at < piece.size()) {
    if (left_ == 0) at += ascii_blocks(piece.substr(at));
    // How far to go without looking for blocks again: text in other scripts has none.
    for (const std::size_t end = std::min(at + 64, piece.size()); at < end; ++at) {
      if (!step(static_cast<std::uint8_t>(piece[at]))) return at;
    }
  }
  return at;
}

// Table 3-7 of the Unicode standard.
bool Utf8Check::step(std::uint8_t byte) {
  if (left_ > 0) {
    const bool fits = byte >= least_ && byte <= most_;
    --left_;
    least_ = 0x80;
    most_ = 0xbf;
    return fits;
  }
  if (byte < 0x80) return true;
  if (byte < 0xc2 || byte > 0xf4) return false;
  left_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  if (byte == 0xe0) least_ = 0xa0;
  if (byte == 0xed) most_ = 0x9f;
  if (byte == 0xf0) least_ = 0x90;
  if (byte == 0xf4) most_ = 0x8f;
  return true;
}

}  // namespace minions::gateway
