// What is to be sent next: a message head, chunk framing and data, gathered so that they leave in one write.
#pragma once

#include "net/buffer_pool.h"
#include "net/stream.h"

namespace minions::net {

class OutputBuffer {
 public:
  explicit OutputBuffer(BufferPool& pool) : pool_(&pool) {}

  void append(std::string_view text);
  [[nodiscard]] std::size_t size() const { return size_; }

  // Chunks: space for `count` bytes of data after space for the chunk's size line, then how many of them were filled.
  // Several commits before end_chunk make one chunk.
  [[nodiscard]] MutableBytes chunk_space(std::size_t count);
  void commit(std::size_t count);
  void end_chunk();
  // The same space without framing, for bodies that are not chunked.
  [[nodiscard]] MutableBytes plain_space(std::size_t count);
  // The size line of a chunk whose data the caller sends itself, and its line end, which comes with the next write.
  void append_chunk_head(std::size_t data_bytes);

  // Sends what is gathered, then `tail`. A small tail goes in the same write. Empty afterwards, on failure too.
  [[nodiscard]] Task<Status> send(Stream& stream, ByteView tail, Deadline deadline);
  // Like send, but the time runs from the last progress: each 256 KiB has `stall` to leave.
  [[nodiscard]] Task<Status> send_unless_stalled(Stream& stream, ByteView tail, std::chrono::milliseconds stall);
  // Returns the memory to the pool; unsent data is lost.
  void release();

 private:
  void reserve(std::size_t more);

  BufferPool* pool_;
  Buffer buffer_;
  std::size_t size_ = 0;
  std::size_t space_ = 0;       // bytes offered and not yet committed
  std::size_t chunk_data_ = 0;  // where the open chunk's data starts; 0 if none is open
};

}  // namespace minions::net
