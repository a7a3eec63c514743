// Reads the fields of an API request's body. An absent or null field counts as missing; one of the wrong type is status
// 400 with its name.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "openai/api_failure.h"

namespace minions::openai {

using Checked = tl::expected<void, ApiFailure>;

[[nodiscard]] tl::unexpected<ApiFailure> bad_request(std::string message, std::string param);
[[nodiscard]] std::optional<simdjson::dom::element> present(simdjson::dom::object object, std::string_view name);

// want: the required type, for the message.
template <class T>
[[nodiscard]] Checked optional_member(simdjson::dom::object object, std::string_view name, std::string_view want,
                                      std::optional<T>& to) {
  const auto value = present(object, name);
  if (!value) return {};
  T found;
  if (value->get(found) != simdjson::SUCCESS)
    return bad_request(fmt::format("'{}' must be {}", name, want), std::string(name));
  to = found;
  return {};
}

}  // namespace minions::openai

#define MINIONS_CHECK_FIELD(expression)                                                                               \
  do {                                                                                                                \
    if (auto checked = (expression); !checked) return tl::unexpected<::minions::openai::ApiFailure>(checked.error()); \
  } while (false)
