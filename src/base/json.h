// Strict JSON, as the protocol requires it: UTF-8 without BOM, one object, no duplicate key at any depth, bounded depth
// and size, no -0 and no integer beyond 64 bits. Not for API bodies, which pass through unread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace minions {

using Json = nlohmann::json;

struct JsonLimits {
  std::size_t bytes = 64 * 1024;
  int depth = 16;  // the outermost object is 1
};

[[nodiscard]] Result<Json> parse_strict_json(std::string_view text, JsonLimits limits = {});

// Any value; of members with the same name the last one counts. Discarded if it is not JSON or nests deeper. For input
// that needs no strict rules: the parser alone has no bound, and copying or writing a deep value recurses.
[[nodiscard]] Json parse_json(std::string_view text, std::size_t depth = 128);

// Members of an object. Each fails with the member's name if it is missing or has another type.
[[nodiscard]] Result<std::string> string_member(const Json& object, std::string_view name);
// No fraction, no exponent, no sign, below 2^53.
[[nodiscard]] Result<std::uint64_t> integer_member(const Json& object, std::string_view name);
[[nodiscard]] Result<bool> bool_member(const Json& object, std::string_view name);
[[nodiscard]] Result<Bytes> base64url_member(const Json& object, std::string_view name);
[[nodiscard]] Result<const Json*> object_member(const Json& object, std::string_view name);
[[nodiscard]] Result<const Json*> array_member(const Json& object, std::string_view name);

// The bytes of a top-level member's value, first to last character, exactly as in a text that parse_strict_json
// accepted. Nothing if the member is missing. What a receipt signs of `usage`.
[[nodiscard]] std::optional<std::string_view> raw_member(std::string_view object_text, std::string_view name);

// A JSON string literal with its quotes. Accepts only UTF-8; other bytes become U+FFFD.
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace minions
