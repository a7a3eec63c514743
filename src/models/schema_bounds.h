// What a JSON schema may have that the embedded engine shapes an answer by. A grammar is made of it, and held against
// every token on the thread that computes for all: a small schema can be endless work, or an endless recursion.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace minions::models {

inline constexpr std::size_t kSchemaBytes = 64 * 1024;
inline constexpr std::size_t kSchemaDepth = 64;          // of JSON; the schema is 1
inline constexpr std::size_t kSchemaValues = 4'000;      // of JSON, all together
inline constexpr std::size_t kSchemaObjects = 1'000;     // nearly all of them are schemas
inline constexpr std::size_t kSchemaAlternatives = 256;  // of one enum, anyOf, oneOf, allOf, or list of items
inline constexpr std::size_t kSchemaOptional = 64;       // properties of one object that are not required
inline constexpr std::size_t kSchemaNameBytes = 128;     // of a property, or of a reference
inline constexpr std::size_t kSchemaPathBytes = 2'048;   // of all names that lead to a schema
inline constexpr std::uint64_t kSchemaCount = 500;       // minLength, maxLength, minItems, maxItems
inline constexpr std::uint64_t kSchemaCounts = 4'000;    // all of them together

// kTooLarge or kMalformed, with the place as a JSON pointer: over one of the bounds; a "pattern", which no engine here
// follows; a name of characters that a grammar has a meaning for; a reference that leads nowhere, or to a reference.
[[nodiscard]] Status check_schema_bounds(std::string_view schema);

}  // namespace minions::models
