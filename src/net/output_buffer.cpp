#include "net/output_buffer.h"

#include <algorithm>
#include <cstring>

namespace minions::net {
namespace {

constexpr std::size_t kUsualBytes = 16 * 1024;
constexpr std::size_t kStallPiece = 256 * 1024;
// Six digits with leading zeros: the room is reserved before the length is known.
constexpr std::size_t kChunkDigits = 6;
constexpr std::size_t kChunkHeadBytes = kChunkDigits + 2;
constexpr std::size_t kMaxChunk = (std::size_t{1} << (4 * kChunkDigits)) - 1;
constexpr std::size_t kLineEndBytes = 2;

void write_chunk_head(std::uint8_t* to, std::size_t data_bytes) {
  for (std::size_t i = kChunkDigits; i-- > 0; data_bytes >>= 4) {
    to[i] = static_cast<std::uint8_t>("0123456789abcdef"[data_bytes & 15]);
  }
  to[kChunkDigits] = '\r';
  to[kChunkDigits + 1] = '\n';
}

}  // namespace

void OutputBuffer::append(std::string_view text) {
  if (text.empty()) return;
  reserve(text.size());
  std::memcpy(buffer_.data() + size_, text.data(), text.size());
  size_ += text.size();
}

MutableBytes OutputBuffer::chunk_space(std::size_t count) {
  if (chunk_data_ != 0 && size_ - chunk_data_ + count > kMaxChunk) end_chunk();
  reserve(kChunkHeadBytes + count + kLineEndBytes);
  if (chunk_data_ == 0) {
    size_ += kChunkHeadBytes;
    chunk_data_ = size_;
  }
  space_ = count;
  return buffer_.span(size_, count);
}

void OutputBuffer::commit(std::size_t count) {
  size_ += std::min(count, space_);
  space_ = 0;
}

void OutputBuffer::end_chunk() {
  if (chunk_data_ == 0) return;
  space_ = 0;
  const std::size_t data_bytes = size_ - chunk_data_;
  if (data_bytes == 0) {
    size_ -= kChunkHeadBytes;  // an empty chunk would end the body
  } else {
    write_chunk_head(buffer_.data() + chunk_data_ - kChunkHeadBytes, data_bytes);
    append("\r\n");
  }
  chunk_data_ = 0;
}

MutableBytes OutputBuffer::plain_space(std::size_t count) {
  reserve(count);
  space_ = count;
  return buffer_.span(size_, count);
}

void OutputBuffer::append_chunk_head(std::size_t data_bytes) {
  reserve(kChunkHeadBytes);
  write_chunk_head(buffer_.data() + size_, data_bytes);
  size_ += kChunkHeadBytes;
}

Task<Status> OutputBuffer::send(Stream& stream, ByteView tail, Deadline deadline) {
  if (!tail.empty() && size_ > 0) {
    const std::size_t joined = std::min(tail.size(), std::max(buffer_.capacity(), kUsualBytes) - size_);
    append(as_text(tail.first(joined)));
    tail = tail.subspan(joined);
  }
  const ByteView gathered = buffer_.span(0, size_);
  buffer_.mark_used(size_);
  size_ = 0;
  MINIONS_CO_TRY(co_await stream.write_all(gathered, deadline));
  co_return co_await stream.write_all(tail, deadline);
}

Task<Status> OutputBuffer::send_unless_stalled(Stream& stream, ByteView tail, std::chrono::milliseconds stall) {
  do {
    const ByteView piece = tail.first(std::min(tail.size(), kStallPiece));
    tail = tail.subspan(piece.size());
    MINIONS_CO_TRY(co_await send(stream, piece, deadline_in(stall)));
  } while (!tail.empty());
  co_return Status{};
}

void OutputBuffer::release() {
  buffer_.mark_used(size_);
  buffer_.release();
  size_ = space_ = chunk_data_ = 0;
}

void OutputBuffer::reserve(std::size_t more) {
  if (buffer_.capacity() - size_ >= more && buffer_.held()) return;
  Buffer larger = pool_->take(std::max(size_ + more, kUsualBytes));
  if (size_ > 0) std::memcpy(larger.data(), buffer_.data(), size_);
  buffer_.mark_used(size_);
  buffer_ = std::move(larger);
}

}  // namespace minions::net
