#include "api/sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace minions::api {
namespace {

// What requests state themselves, by flags of their own or because the rest depends on it.
constexpr std::string_view kOwn[] = {
    "model",       "messages", "stream",     "stream_options",        "response_format",
    "temperature", "top_p",    "max_tokens", "max_completion_tokens", "seed",
    "stop",        "n"};

Status check_range(std::string_view name, const std::optional<double>& value, double most) {
  if (!value || (std::isfinite(*value) && *value >= 0 && *value <= most)) return {};
  return fail(ErrorCode::kUsage, fmt::format("{}: want 0 to {}, found {}", name, most, *value));
}

}  // namespace

Result<chat::Sampling> read_sampling(const Sampling& sampling) {
  MINIONS_TRY(check_range("temperature", sampling.temperature, 2));
  MINIONS_TRY(check_range("top_p", sampling.top_p, 1));
  if (sampling.max_tokens && *sampling.max_tokens == 0)
    return fail(ErrorCode::kUsage, "max_tokens: want 1 at least, found 0");
  chat::Sampling made{sampling.temperature, sampling.top_p, sampling.max_tokens, sampling.seed, sampling.stop, {}};
  for (const std::string& stop : sampling.stop) {
    if (stop.empty()) return fail(ErrorCode::kUsage, "stop: a text that ends the answer is empty");
  }
  for (const auto& [name, json] : sampling.parameters) {
    if (name.empty()) return fail(ErrorCode::kUsage, "parameter: want NAME=JSON, found no name");
    if (std::find(std::begin(kOwn), std::end(kOwn), name) != std::end(kOwn))
      return fail(ErrorCode::kUsage, fmt::format("parameter {}: requests state it themselves", name));
    const Json value = parse_json(json);
    if (value.is_discarded())
      return fail(ErrorCode::kUsage, fmt::format("parameter {}: want a JSON value, found {}", name, json));
    made.parameters.push_back({name, value.dump()});
  }
  return made;
}

}  // namespace minions::api
