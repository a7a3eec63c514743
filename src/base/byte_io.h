// A bounds-checked reader over bytes, and a writer that appends; integers are big-endian unless their name says _le.
#pragma once

#include <concepts>

#include "base/bytes.h"
#include "base/result.h"

namespace minions {

template <std::unsigned_integral T>
void store_be(std::uint8_t* to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
}
template <std::unsigned_integral T>
[[nodiscard]] T load_be(const std::uint8_t* from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | from[i]);
  return value;
}
template <std::unsigned_integral T>
[[nodiscard]] T load_le(const std::uint8_t* from) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(value << 8 | from[i]);
  return value;
}

// Each read either gives all it was asked for, or an error that names the field and its offset.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] std::size_t position() const { return at_; }

  [[nodiscard]] Result<ByteView> take(std::size_t count, std::string_view field);
  template <std::unsigned_integral T>
  [[nodiscard]] Result<T> be(std::string_view field) {
    return take(sizeof(T), field).map([](ByteView bytes) { return load_be<T>(bytes.data()); });
  }
  template <std::unsigned_integral T>
  [[nodiscard]] Result<T> le(std::string_view field) {
    return take(sizeof(T), field).map([](ByteView bytes) { return load_le<T>(bytes.data()); });
  }
  // Fails if bytes are left over.
  [[nodiscard]] Status finish(std::string_view what) const;

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

template <std::unsigned_integral T>
void append_be(Bytes& to, T value) {
  const std::size_t at = to.size();
  to.resize(at + sizeof(T));
  store_be(to.data() + at, value);
}
// LP(x) of the protocol: u32 length of x, then x.
inline void append_length_prefixed(Bytes& to, ByteView bytes) {
  append_be(to, static_cast<std::uint32_t>(bytes.size()));
  append(to, bytes);
}

}  // namespace minions
