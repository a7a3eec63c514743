// Fills a JSON schema from quotes. Supports the keywords of OpenAI's structured output: type (one or several),
// properties, required, items, minItems, maxItems, uniqueItems, enum, const, default, minimum, maximum,
// exclusiveMinimum and -Maximum, multipleOf 1, minLength, maxLength, anyOf, oneOf, allOf, $ref into the schema, format
// date. `pattern` is not checked.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "extractive/context.h"

namespace minions::extractive {

// A value of the schema's shape. Without quotes: null if the schema allows it, otherwise the smallest allowed value.
// What exceeds the effort for one answer (extractive/effort.h) is null or left out. Once `go_on` returns false, the
// value is worthless.
[[nodiscard]] nlohmann::json fill_schema(const nlohmann::json& schema, std::string_view question,
                                         std::span<const Quote> quotes, const std::function<bool()>& go_on);

// The words with which a schema names its parts: they help to find what to fill it with.
[[nodiscard]] std::string schema_words(const nlohmann::json& schema);

}  // namespace minions::extractive
