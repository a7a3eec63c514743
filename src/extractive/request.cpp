#include "extractive/request.h"

#include <deque>

#include "openai/completion_request.h"

namespace minions::extractive {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMostSchemaBytes = 1024 * 1024;  // a small JSON value takes a hundred bytes once parsed

struct Storage {
  dom::parser parser;
  std::deque<std::string> joined;  // texts that came in parts
};

TurnRole role_of(std::string_view name) {
  if (name == "system" || name == "developer") return TurnRole::kSystem;
  return name == "user" ? TurnRole::kUser : TurnRole::kAssistant;
}

// Pictures have no text.
openai::Checked read_turns(dom::object body, Storage& storage, std::vector<Turn>& to) {
  const auto messages = openai::read_messages(body);
  MINIONS_CHECK_FIELD(messages);
  for (const openai::MessageFields& message : *messages) {
    const auto text = openai::read_text(message, storage.joined.emplace_back());
    MINIONS_CHECK_FIELD(text);
    to.push_back({role_of(message.role), *text});
  }
  return {};
}

openai::Checked refuse_what_is_not_there(dom::object body) {
  std::optional<double> temperature;  // makes no difference
  MINIONS_CHECK_FIELD(openai::read_number(body, "temperature", 0, 2, temperature));
  std::optional<std::uint64_t> choices;
  MINIONS_CHECK_FIELD(openai::optional_member(body, "n", "1", choices));
  if (choices.value_or(1) != 1)
    return openai::bad_request("'n' must be 1: every answer of this model is the same", "n");
  return {};
}

}  // namespace

tl::expected<ExtractiveRequest, openai::ApiFailure> parse_extractive_request(std::string_view body) {
  auto storage = std::make_shared<Storage>();
  dom::element document;
  if (const auto error = storage->parser.parse(body.data(), body.size()).get(document)) {
    return openai::bad_request(fmt::format("the body is not JSON: {}", simdjson::error_message(error)), "");
  }
  dom::object object;
  if (document.get(object) != simdjson::SUCCESS) return openai::bad_request("the body must be a JSON object", "");
  ExtractiveRequest request;
  std::optional<std::string_view> model;
  MINIONS_CHECK_FIELD(openai::optional_member(object, "model", "a string", model));
  if (!model) return openai::bad_request("you must provide a model parameter", "model");
  request.model = *model;
  MINIONS_CHECK_FIELD(read_turns(object, *storage, request.turns));
  MINIONS_CHECK_FIELD(openai::read_answer_options(object, request));
  if (request.schema.size() > kMostSchemaBytes)
    return openai::bad_request(fmt::format("the schema is over {} MiB", kMostSchemaBytes >> 20), "response_format");
  MINIONS_CHECK_FIELD(refuse_what_is_not_there(object));
  request.storage = std::move(storage);
  return request;
}

}  // namespace minions::extractive
