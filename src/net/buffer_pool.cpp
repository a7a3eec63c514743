#include "net/buffer_pool.h"

#include <openssl/crypto.h>

#include <bit>

namespace minions::net {

asio::execution_context::id BufferPool::id;

void Buffer::release() {
  if (!bytes_) return;
  OPENSSL_cleanse(bytes_.get(), used_);
  if (pool_ != nullptr) pool_->give_back(std::move(bytes_), capacity_);
  bytes_.reset();
  capacity_ = used_ = 0;
}

void Buffer::swap(Buffer& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(capacity_, other.capacity_);
  std::swap(used_, other.used_);
  std::swap(pool_, other.pool_);
}

BufferPool& BufferPool::of(Executor executor) { return asio::use_service<BufferPool>(executor.context()); }

Buffer BufferPool::take(std::size_t bytes) {
  const std::size_t capacity = std::bit_ceil(std::max(bytes, kSmallest));
  const auto kind = static_cast<std::size_t>(std::countr_zero(capacity) - std::countr_zero(kSmallest));
  Buffer buffer;
  buffer.capacity_ = capacity;
  buffer.pool_ = this;
  if (kind < kClasses && !free_[kind].empty()) {
    buffer.bytes_ = std::move(free_[kind].back());
    free_[kind].pop_back();
  } else {
    buffer.bytes_.reset(new std::uint8_t[capacity]);  // not make_unique, which would write zeros all over it
  }
  return buffer;
}

void BufferPool::give_back(std::unique_ptr<std::uint8_t[]> bytes, std::size_t capacity) {
  const auto kind = static_cast<std::size_t>(std::countr_zero(capacity) - std::countr_zero(kSmallest));
  if (kind < kClasses && free_[kind].size() < kKeptBytes / capacity) free_[kind].push_back(std::move(bytes));
}

}  // namespace minions::net
