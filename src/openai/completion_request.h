// What our engines read in the same way in the body of a completion request: messages, and the options of the answer.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "openai/answer_options.h"
#include "openai/api_fields.h"

namespace minions::openai {

struct MessageFields {
  std::string at;         // messages[N], for error texts
  std::string_view role;  // one of system, developer, user, assistant, tool and function
  simdjson::dom::object fields;
};
[[nodiscard]] tl::expected<std::vector<MessageFields>, ApiFailure> read_messages(simdjson::dom::object body);

struct PartFields {
  std::string at;  // messages[N].content, followed by [M] if there are several
  std::string_view type;
  std::string_view text;  // of the type text
  simdjson::dom::object fields;
};
// A message's content: a string is one part of type text; null has no parts.
[[nodiscard]] tl::expected<std::vector<PartFields>, ApiFailure> read_parts(const MessageFields& message);
// Its text, joined by blank lines; ignores other parts. The view is into the request, or into `joined`.
[[nodiscard]] tl::expected<std::string_view, ApiFailure> read_text(const MessageFields& message, std::string& joined);

[[nodiscard]] Checked read_answer_options(simdjson::dom::object body, AnswerOptions& to);

// from least to most, both included
[[nodiscard]] Checked read_number(simdjson::dom::object body, std::string_view name, double least, double most,
                                  std::optional<double>& to);

}  // namespace minions::openai
