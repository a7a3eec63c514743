// Hex, base64 and base64url, decoded strictly: each value has exactly one text.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace minions {

// Lower case, two digits a byte.
[[nodiscard]] std::string to_hex(ByteView bytes);
// Lower-case digits only, an even number of them.
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);
// Digits of either case: for text that people write.
[[nodiscard]] Result<Bytes> from_hex_any_case(std::string_view text);

// RFC 4648 section 5 without padding.
[[nodiscard]] std::string to_base64url(ByteView bytes);
// Refuses padding, white space, other alphabets and unused bits that are not zero.
[[nodiscard]] Result<Bytes> from_base64url(std::string_view text);

// RFC 4648 section 4 with padding.
[[nodiscard]] std::string to_base64(ByteView bytes);
// Refuses missing padding, white space and unused bits that are not zero.
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);

// Exactly N bytes, or an error that says how many were found.
template <std::size_t N>
[[nodiscard]] Result<ByteArray<N>> exactly(Result<Bytes> bytes) {
  if (!bytes) return fail(std::move(bytes).error());
  if (bytes->size() != N) {
    return fail(ErrorCode::kMalformed, "want " + std::to_string(N) + " bytes, found " + std::to_string(bytes->size()));
  }
  ByteArray<N> array;
  std::copy(bytes->begin(), bytes->end(), array.begin());
  return array;
}

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace minions
