// Types for keys and user text. Move-only, wiped on destruction, no ==, no <<; reading needs reveal(), which reviewers
// can search for.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace minions::crypto {

// Overwrites memory in a way the compiler does not remove.
void wipe(MutableBytes bytes);

// Compares in time that depends only on the lengths.
[[nodiscard]] bool constant_time_equal(ByteView a, ByteView b);

// N bytes inside the object: for keys on the stack or in short-lived objects. Long-lived keys use LockedSecret.
template <std::size_t N>
class SecretArray {
 public:
  static constexpr std::size_t kSize = N;

  SecretArray() : bytes_{} {}
  explicit SecretArray(std::span<const std::uint8_t, N> bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  SecretArray(SecretArray&& other) noexcept : bytes_(other.bytes_) { other.clear(); }
  SecretArray& operator=(SecretArray&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      other.clear();
    }
    return *this;
  }
  SecretArray(const SecretArray&) = delete;
  SecretArray& operator=(const SecretArray&) = delete;
  ~SecretArray() { clear(); }

  [[nodiscard]] std::span<const std::uint8_t, N> reveal() const& { return bytes_; }
  void reveal() && = delete;
  [[nodiscard]] std::span<std::uint8_t, N> writable() & { return bytes_; }
  void clear() { wipe(bytes_); }

 private:
  ByteArray<N> bytes_;
};

// N bytes in the locked arena: never in swap, never in a core dump. Empty after clear() or a move.
template <std::size_t N>
class LockedSecret;

// User text: prompts, documents, answers.
class SecretText {
 public:
  SecretText() = default;
  // Moving a short text leaves its characters in the source string.
  explicit SecretText(std::string text) : text_(std::move(text)) { wipe_string(text); }
  SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) { other.clear(); }
  SecretText& operator=(SecretText&& other) noexcept;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() { clear(); }

  [[nodiscard]] std::string_view reveal() const& { return text_; }
  void reveal() && = delete;
  [[nodiscard]] SecretText copy() const { return SecretText(text_); }
  void append(std::string_view more);
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  void clear() { wipe_string(text_); }

 private:
  // Empties it and overwrites its whole capacity.
  static void wipe_string(std::string& text);

  std::string text_;
};

// Memory of the locked arena. Falls back to ordinary memory if there is no arena, as in tests.
[[nodiscard]] std::uint8_t* locked_allocate(std::size_t size);
void locked_release(std::uint8_t* memory, std::size_t size);

template <std::size_t N>
class LockedSecret {
 public:
  LockedSecret() = default;
  explicit LockedSecret(const SecretArray<N>& secret) : LockedSecret(secret.reveal()) {}
  explicit LockedSecret(std::span<const std::uint8_t, N> bytes) : memory_(locked_allocate(N)) {
    std::copy(bytes.begin(), bytes.end(), memory_);
  }
  LockedSecret(LockedSecret&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}
  LockedSecret& operator=(LockedSecret&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
  }
  LockedSecret(const LockedSecret&) = delete;
  LockedSecret& operator=(const LockedSecret&) = delete;
  ~LockedSecret() { clear(); }

  [[nodiscard]] bool has_value() const { return memory_ != nullptr; }
  // Only while has_value().
  [[nodiscard]] std::span<const std::uint8_t, N> reveal() const& {
    return std::span<const std::uint8_t, N>(memory_, N);
  }
  void reveal() && = delete;
  void clear() {
    if (memory_ != nullptr) locked_release(std::exchange(memory_, nullptr), N);
  }

 private:
  std::uint8_t* memory_ = nullptr;
};

}  // namespace minions::crypto
