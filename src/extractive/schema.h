// Fills a JSON schema from quotes. Takes the keywords of OpenAI's structured output: type (one or several), properties,
// required, items, minItems, maxItems, uniqueItems, enum, const, default, minimum, maximum, exclusiveMinimum and
// -Maximum, multipleOf 1, minLength, maxLength, anyOf, oneOf, allOf, $ref into the schema, format date. `pattern` is
// not checked.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "extractive/context.h"

namespace minions::extractive {

// A value of the schema's shape. Without quotes: null where the schema allows it, else the smallest value that it does.
// What is over the effort that one answer is worth (extractive/effort.h) is null or left out. Once `go_on` says no, the
// value is worth nothing.
[[nodiscard]] nlohmann::json fill_schema(const nlohmann::json& schema, std::string_view question,
                                         std::span<const Quote> quotes, const std::function<bool()>& go_on);

// The words that a schema names its parts with: they help to find what to fill it with.
[[nodiscard]] std::string schema_words(const nlohmann::json& schema);

}  // namespace minions::extractive
