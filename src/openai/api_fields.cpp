#include "openai/api_fields.h"

#include "base/json.h"

namespace minions::openai {

namespace dom = simdjson::dom;

std::string to_json(const ApiFailure& failure) {
  const auto or_null = [](const std::string& text) { return text.empty() ? std::string("null") : json_quoted(text); };
  const std::string_view type = failure.status >= 500 ? "server_error" : "invalid_request_error";
  return fmt::format(R"({{"error":{{"message":{},"type":"{}","param":{},"code":{}}}}})", json_quoted(failure.message),
                     type, or_null(failure.param), or_null(failure.code));
}

tl::unexpected<ApiFailure> bad_request(std::string message, std::string param) {
  return tl::unexpected<ApiFailure>(ApiFailure{400, std::move(message), std::move(param), {}});
}

std::optional<dom::element> present(dom::object object, std::string_view name) {
  dom::element value;
  if (object[name].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

}  // namespace minions::openai
