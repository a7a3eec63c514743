// A chat completion request as the extractive engine reads it.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "openai/answer_options.h"
#include "openai/api_failure.h"

namespace minions::extractive {

enum class TurnRole { kSystem, kUser, kAssistant };

struct Turn {
  TurnRole role;
  std::string_view text;
};

struct ExtractiveRequest : openai::AnswerOptions {
  std::string model;
  std::vector<Turn> turns;              // views into storage
  std::shared_ptr<const void> storage;  // what the views point into
};

// Ignores unknown fields; known ones of the wrong type are status 400.
[[nodiscard]] tl::expected<ExtractiveRequest, openai::ApiFailure> parse_extractive_request(std::string_view body);

}  // namespace minions::extractive
