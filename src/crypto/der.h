// A strict reader of DER values (X.690): definite lengths in their shortest form, no trailing bytes. For certificates,
// revocation lists, keys, and the extensions that carry measurements.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace minions::crypto {

namespace der_tag {
inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kNull = 0x05;
inline constexpr std::uint8_t kObjectIdentifier = 0x06;
inline constexpr std::uint8_t kEnumerated = 0x0a;
inline constexpr std::uint8_t kUtf8String = 0x0c;
inline constexpr std::uint8_t kPrintableString = 0x13;
inline constexpr std::uint8_t kTeletexString = 0x14;
inline constexpr std::uint8_t kIa5String = 0x16;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;
inline constexpr std::uint8_t kBmpString = 0x1e;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;
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
    ByteView encoded;  // with tag and length
  };

  [[nodiscard]] bool at_end() const { return bytes_.empty(); }
  // The tag of the next value; nothing at the end.
  [[nodiscard]] std::optional<std::uint8_t> peek() const;
  // kMalformed with the field's name.
  [[nodiscard]] Result<Value> next(std::string_view field);
  [[nodiscard]] Result<ByteView> take(std::uint8_t tag, std::string_view field);
  // A reader over the contents of a SEQUENCE or another constructed value.
  [[nodiscard]] Result<DerReader> enter(std::uint8_t tag, std::string_view field);
  // With tag `tag`; includes tag and length.
  [[nodiscard]] Result<ByteView> take_encoded(std::uint8_t tag, std::string_view field);
  // TRUE if the value is there: DER omits FALSE where it is the default.
  [[nodiscard]] Result<bool> default_false(std::string_view field);
  // A whole number of bytes.
  [[nodiscard]] Result<ByteView> bit_string(std::string_view field);
  // A non-negative INTEGER: its magnitude, big-endian, at least one byte.
  [[nodiscard]] Result<ByteView> unsigned_integer(std::string_view field);
  // The same, if it fits.
  [[nodiscard]] Result<std::uint64_t> integer(std::string_view field);
  // UTCTime or GeneralizedTime in the forms of RFC 5280 section 4.1.2.5: seconds, UTC.
  [[nodiscard]] Result<UnixSeconds> time(std::string_view field);
  // In dotted form.
  [[nodiscard]] Result<std::string> object_identifier(std::string_view field);
  [[nodiscard]] Status finish(std::string_view what) const;

 private:
  ByteView bytes_;
};

// The contents of an OBJECT IDENTIFIER, from its dotted form. At least two parts, the first below 3, the second below
// 40.
[[nodiscard]] Bytes object_identifier_bytes(std::string_view dotted);
// Whether these contents are an OBJECT IDENTIFIER in its shortest form.
[[nodiscard]] bool is_object_identifier(ByteView contents);

}  // namespace minions::crypto
