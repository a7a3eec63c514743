// JSON schemas that shape the embedded engine's answers. A schema becomes a grammar, which is checked for every token
// on the thread that computes for all: a small schema can be endless work, or an endless recursion. So the engine gets
// no schema as received, but one rewritten from what is known here.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace minions::llama {

inline constexpr std::size_t kSchemaBytes = 64 * 1024;
inline constexpr std::size_t kSchemaDepth = 64;         // of JSON; the schema is 1
inline constexpr std::size_t kSchemaValues = 4'000;     // of JSON, all together
inline constexpr std::size_t kSchemaNodes = 1'000;      // schemas
inline constexpr std::size_t kSchemaEntries = 256;      // of one list: enum, anyOf, oneOf, prefixItems
inline constexpr std::size_t kSchemaOptional = 64;      // properties of one object that are not required
inline constexpr std::size_t kSchemaNameBytes = 128;    // of a property, or of a definition
inline constexpr std::size_t kSchemaPathBytes = 2'048;  // of all names that lead to a schema
inline constexpr std::uint64_t kSchemaCount = 500;      // minLength, maxLength, minItems, maxItems
inline constexpr std::uint64_t kSchemaCounts = 4'000;   // all of them together

// The schema in fewer keywords with the same meaning: type, properties, required, additionalProperties, items,
// prefixItems, enum, const, anyOf (oneOf too), the four counts, minimum and maximum of integers (a bound beyond 2^53 is
// none), format, $ref to the whole or to $defs, one allOf. Properties stay in their order, in which answers have them.
// Each part appears once, and everything else is left out, as the engine would not read it. kTooLarge or kMalformed,
// with the place as a JSON pointer: over one of the bounds; a "pattern", or an allOf of several, which are not
// supported; a name with characters that are special in a grammar; a reference to anything but a definition that is a
// schema itself; an empty range.
[[nodiscard]] Result<nlohmann::ordered_json> bounded_schema(std::string_view schema);

}  // namespace minions::llama
