// Large buffers lent to connections while they are busy, one pool per io_context, so that an idle connection holds
// none. What was written into a buffer is wiped when it is returned. Used only on the io_context's own thread.
#pragma once

#include <array>
#include <memory>

#include "base/bytes.h"
#include "net/task.h"

namespace minions::net {

class BufferPool;

class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { release(); }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer(std::move(other)).swap(*this);
    return *this;
  }

  [[nodiscard]] std::uint8_t* data() { return bytes_.get(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool held() const { return bytes_ != nullptr; }
  [[nodiscard]] MutableBytes span(std::size_t from, std::size_t count) { return {bytes_.get() + from, count}; }
  // Bytes below `end` hold data: they are wiped on release.
  void mark_used(std::size_t end) { used_ = std::max(used_, end); }
  void release();

 private:
  friend class BufferPool;
  void swap(Buffer& other) noexcept;

  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  BufferPool* pool_ = nullptr;
};

class BufferPool : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;
  using key_type = BufferPool;

  explicit BufferPool(asio::execution_context& context) : asio::execution_context::service(context) {}
  [[nodiscard]] static BufferPool& of(Executor executor);

  // At least `bytes`, uninitialised. Fails only if the process has no memory.
  [[nodiscard]] Buffer take(std::size_t bytes);

 private:
  friend class Buffer;
  // 16, 32, 64 and 128 KiB; larger ones are not kept.
  static constexpr std::size_t kSmallest = 16 * 1024;
  static constexpr std::size_t kClasses = 4;
  static constexpr std::size_t kKeptBytes = 4 * 1024 * 1024;  // of each class
  void shutdown() override {}
  void give_back(std::unique_ptr<std::uint8_t[]> bytes, std::size_t capacity);

  std::array<std::vector<std::unique_ptr<std::uint8_t[]>>, kClasses> free_;
};

}  // namespace minions::net
