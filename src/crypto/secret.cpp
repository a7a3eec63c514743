#include "crypto/secret.h"

#include <openssl/crypto.h>

#include <new>

namespace minions::crypto {

void wipe(MutableBytes bytes) {
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

bool constant_time_equal(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this != &other) {
    clear();
    text_ = std::move(other.text_);
    other.clear();
  }
  return *this;
}

void SecretText::append(std::string_view more) {
  if (text_.size() + more.size() > text_.capacity()) {
    // std::string would free the old buffer unwiped.
    std::string larger;
    larger.reserve(std::max(text_.size() + more.size(), text_.capacity() * 2));
    larger.append(text_).append(more);  // which may be a part of the old
    clear();
    text_ = std::move(larger);
    return;
  }
  text_.append(more);
}

void SecretText::wipe_string(std::string& text) {
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

std::uint8_t* locked_allocate(std::size_t size) {
  void* memory = CRYPTO_secure_zalloc(size, __FILE__, __LINE__);
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<std::uint8_t*>(memory);
}

void locked_release(std::uint8_t* memory, std::size_t size) {
  CRYPTO_secure_clear_free(memory, size, __FILE__, __LINE__);
}

}  // namespace minions::crypto
