// A request for text as an embedded language model reads it: chat or plain completion. Refuses, rather than ignores,
// what such a model does not support: an answer without it would be a different answer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/bytes.h"
#include "openai/answer_options.h"
#include "openai/api_failure.h"

namespace minions::openai {

// Text, or a picture.
struct ContentPart {
  std::string text;
  std::optional<Bytes> picture = {};  // as received: PNG, JPEG, or anything else
  std::string at = {};                // of a picture, for error texts: messages[N].content[M]
};

struct ChatTurn {
  std::string role;                // system, user, assistant or tool
  std::vector<ContentPart> parts;  // consecutive texts are joined by blank lines
};

// Absent: the model's own recommendation, or llama.cpp's.
struct SamplingOptions {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<double> min_p;
  std::optional<std::int64_t> top_k;
  std::optional<double> frequency_penalty;
  std::optional<double> presence_penalty;
  std::optional<std::uint32_t> seed;
};

enum class RequestKind { kChat, kCompletion };

struct GenerationRequest : AnswerOptions {
  RequestKind kind = RequestKind::kChat;
  std::string model;            // may be empty
  std::vector<ChatTurn> turns;  // of a chat
  std::string prompt;           // of a completion
  SamplingOptions sampling;
  // `chat_template_kwargs`: arguments for the model's chat template, as JSON values.
  std::map<std::string, std::string> template_arguments;
};

// Whether an engine of ours, as statements name it (llama.cpp, extractive), ignores this parameter of a request. Of
// other engines it is not known.
[[nodiscard]] bool is_ignored(std::string_view engine, std::string_view parameter);

// Ignores unknown fields. Known fields of the wrong type, or that ask for something unavailable, are status 400.
[[nodiscard]] tl::expected<GenerationRequest, ApiFailure> parse_generation_request(RequestKind kind,
                                                                                   std::string_view body);

}  // namespace minions::openai
