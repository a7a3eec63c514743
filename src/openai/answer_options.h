// The options of the answer to a completion request.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace minions::openai {

enum class ResponseFormat { kText, kJsonObject, kJsonSchema };

struct AnswerOptions {
  ResponseFormat format = ResponseFormat::kText;
  std::string schema;  // JSON, with kJsonSchema
  std::vector<std::string> stop;
  std::optional<std::size_t> max_tokens;
  bool stream = false;
  bool include_usage = false;
};

}  // namespace minions::openai
