// A strict reader of DER values (X.690): definite lengths in their shortest form, no bytes left over. For the
// extensions of certificates that carry measurements, which the certificate library hands over as bytes.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::crypto {

namespace der_tag {
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kObjectIdentifier = 0x06;
inline constexpr std::uint8_t kEnumerated = 0x0a;
inline constexpr std::uint8_t kIa5String = 0x16;
inline constexpr std::uint8_t kSequence = 0x30;
// [n], IMPLICIT over a primitive type or, constructed, over others. n below 31.
[[nodiscard]] constexpr std::uint8_t context(unsigned n) { return static_cast<std::uint8_t>(0x80U | n); }
[[nodiscard]] constexpr std::uint8_t context_constructed(unsigned n) { return static_cast<std::uint8_t>(0xa0U | n); }
}  // namespace der_tag

class DerReader {
 public:
  explicit DerReader(ByteView bytes) : bytes_(bytes) {}

  struct Value {
    std::uint8_t tag = 0;
    ByteView contents;
  };

  [[nodiscard]] bool at_end() const { return bytes_.empty(); }
  // The tag of the next value; nothing at the end.
  [[nodiscard]] std::optional<std::uint8_t> peek() const;
  // kMalformed with the field's name.
  [[nodiscard]] Result<Value> next(std::string_view field);
  [[nodiscard]] Result<ByteView> take(std::uint8_t tag, std::string_view field);
  // A reader over the contents of a SEQUENCE or another constructed value.
  [[nodiscard]] Result<DerReader> enter(std::uint8_t tag, std::string_view field);
  // An INTEGER that is not negative and fits.
  [[nodiscard]] Result<std::uint64_t> integer(std::string_view field);
  // Dotted.
  [[nodiscard]] Result<std::string> object_identifier(std::string_view field);
  [[nodiscard]] Status finish(std::string_view what) const;

 private:
  ByteView bytes_;
};

}  // namespace minions::crypto
